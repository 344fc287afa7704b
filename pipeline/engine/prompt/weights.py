"""Weights in a prompt: `(more)`, `[less]`, `(exactly:1.3)`, nested as one likes; and BREAK, which ends a chunk."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

ROUND, SQUARE = 1.1, 1 / 1.1
"""What a pair of brackets multiplies the weight with."""
SIGN = re.compile(
    r"\\(?P<literal>[()\[\]\\]?)"
    r"|:\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)"
    r"|(?P<bracket>[()\[\]])"
    r"|(?P<text>[^\\()\[\]:]+|:)"
)
BREAK = re.compile(r"\s*\bBREAK\b\s*")


@dataclass(frozen=True)
class Span:
    """Text with one weight."""

    text: str
    weight: float = 1.0


def literal(text: str) -> str:
    """Text in which nothing is a sign, as captions of pictures are."""
    return re.sub(r"([()\[\]\\])", r"\\\1", text)


def weighted(prompt: str) -> tuple[tuple[Span, ...], ...]:
    """The spans of a prompt between one BREAK and the next. Spans of equal weight are one; a backslash is no letter.

    A bracket that does not close counts up to the end; one that closes nothing is text.
    """
    spans: list[Span | None] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def multiply(begin: int, factor: float) -> None:
        spans[begin:] = [None if span is None else replace(span, weight=span.weight * factor) for span in spans[begin:]]

    for sign in SIGN.finditer(prompt):
        bracket = sign["bracket"]
        if sign["literal"] is not None:
            spans.append(Span(sign["literal"]))
        elif bracket in opened:
            opened[bracket].append(len(spans))
        elif sign["weight"] is not None and opened["("]:
            multiply(opened["("].pop(), float(sign["weight"]))
        elif bracket == ")" and opened["("]:
            multiply(opened["("].pop(), ROUND)
        elif bracket == "]" and opened["["]:
            multiply(opened["["].pop(), SQUARE)
        else:
            first, *later = BREAK.split(sign[0])
            spans += [Span(first), *itertools.chain.from_iterable((None, Span(text)) for text in later)]
    for kind, factor in (("(", ROUND), ("[", SQUARE)):
        for begin in opened[kind]:
            multiply(begin, factor)
    return tuple(_between_breaks(spans))


def _between_breaks(spans: Iterable[Span | None]) -> Iterable[tuple[Span, ...]]:
    group: list[Span] = []
    for span in spans:
        if span is None:
            yield _merged(group)
            group = []
        else:
            group.append(span)
    yield _merged(group)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Neighbours of equal weight as one; spans without text are none."""
    written = [span for span in spans if span.text]
    by_weight = itertools.groupby(written, key=lambda span: span.weight)
    return tuple(Span("".join(span.text for span in run), weight) for weight, run in by_weight)
