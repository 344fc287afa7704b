"""Text that changes while a picture is made: `[from:to:when]`, `[to:when]`, `[from::when]` and `[one|other]`.

Whatever does not follow these forms is text: brackets that do not close, and those for weights, which are read later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)\s*")
OPENING, CLOSING = "([", ")]"
DEEPEST = 64
"""Brackets nested deeper than this are no prompt that somebody wrote; they stay text."""


@dataclass(frozen=True)
class Edit:
    """`before` up to and with step `when`, `after` from then on."""

    before: Edited
    after: Edited
    when: int


@dataclass(frozen=True)
class Alternation:
    """Each option for one step, in turn."""

    options: tuple[Edited, ...]


@dataclass(frozen=True)
class Edited:
    """A prompt whose text hangs on the step."""

    pieces: tuple[str | Edit | Alternation, ...]

    def at(self, step: int) -> str:
        """The text at a step. Auto1111's samplers count from 0, its alternations from 1 (and 0 is like 1)."""
        return "".join(piece if isinstance(piece, str) else _chosen(piece, step).at(step) for piece in self.pieces)


def _chosen(piece: Edit | Alternation, step: int) -> Edited:
    if isinstance(piece, Alternation):
        return piece.options[max(step - 1, 0) % len(piece.options)]
    return piece.before if step <= piece.when else piece.after


def edited(prompt: str, steps: int) -> Edited:
    """Read a prompt. steps: of the whole schedule, also where the denoising strength runs a part of it.

    A time below 1 is a share of the steps, any other a number of steps; both are cut down to whole steps.
    """
    return Edited(tuple(_pieces(prompt, steps)))


def _pieces(text: str, steps: int) -> Iterator[str | Edit | Alternation]:
    place = 0
    for begin, end in _brackets(text):
        yield text[place:begin]
        yield from _bracket(text[begin + 1 : end], steps)
        place = end + 1
    yield text[place:]


def _brackets(text: str) -> list[tuple[int, int]]:
    """Where each square bracket that stands in no other opens and closes, from left to right."""
    opened: list[int] = []
    closed: list[tuple[int, int]] = []
    for i, letter in _signs(text):
        if letter == "[":
            opened.append(i)
        elif letter == "]" and opened:
            begin = opened.pop()
            while closed and closed[-1][0] > begin:
                closed.pop()
            closed.append((begin, i))
            if len(opened) > DEEPEST:
                return []
    return closed


def _bracket(inner: str, steps: int) -> Iterator[str | Edit | Alternation]:
    """What a pair of square brackets with this in it stands for."""
    fields = _split(inner, ":")
    if len(fields) in (2, 3) and NUMBER.fullmatch(fields[-1]):
        before = fields[0] if len(fields) == 3 else ""
        yield Edit(edited(before, steps), edited(fields[-2], steps), _step(float(fields[-1]), steps))
        return
    options = _split(inner, "|")
    if len(options) > 1:
        yield Alternation(tuple(edited(option, steps) for option in options))
        return
    yield "["
    yield from _pieces(inner, steps)
    yield "]"


def _step(when: float, steps: int) -> int:
    return min(int(when * steps if when < 1 else when), steps)


def _split(text: str, sign: str) -> list[str]:
    """The text between the signs that stand in no brackets."""
    depth, places = 0, [-1]
    for i, letter in _signs(text):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter == sign and depth == 0:
            places.append(i)
    return [text[a + 1 : b] for a, b in zip(places, [*places[1:], len(text)], strict=True)]


def _signs(text: str) -> Iterator[tuple[int, str]]:
    """Place and letter of everything that no backslash makes a literal."""
    return ((found.start(), found[0]) for found in re.finditer(r"\\.|.", text, re.DOTALL) if len(found[0]) == 1)
