"""Weighted tokens in the text encoder's chunks, by Auto1111's rules for where a chunk ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from pipeline.engine.prompt.weights import Span
from pipeline.keys import Key

BACKTRACK = 20
"""A full chunk is cut at its last comma, when no more than so many tokens follow it."""


@dataclass(frozen=True)
class Embedding:
    """A word of its own. ids: the tokens of its name, at least one. vectors: [n, width], in place of n tokens."""

    key: Key
    ids: tuple[int, ...]
    vectors: Tensor = field(compare=False)


@dataclass(frozen=True)
class Token:
    """A place in a chunk. vector: what stands there instead of the vocabulary's entry `id`."""

    id: int
    weight: float = 1.0
    vector: Tensor | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Words:
    """How text becomes tokens. ids: of a text. comma: the comma's. room: how many tokens a chunk holds."""

    ids: Callable[[str], Sequence[int]]
    comma: int
    room: int


def chunked(groups: Iterable[Iterable[Span]], words: Words, embeddings: Sequence[Embedding]) -> list[list[Token]]:
    """The chunks of a prompt, at least one, none longer than there is room.

    groups: spans between BREAKs. embeddings: none has more vectors than there is room; the longest name goes first.
    """
    filling = Filling(words.room)
    for number, group in enumerate(groups):
        if number:
            filling.end()
        for span in group:
            _fill(filling, span, words, sorted(embeddings, key=lambda one: -len(one.ids)))
    if filling.tokens or not filling.chunks:
        filling.end()
    return filling.chunks


def _fill(filling: Filling, span: Span, words: Words, embeddings: Sequence[Embedding]) -> None:
    ids, place = tuple(words.ids(span.text)), 0
    while place < len(ids):
        id = ids[place]
        if id == words.comma:
            filling.comma = len(filling.tokens)
        else:
            filling.backtrack()
        named = next((one for one in embeddings if ids[place : place + len(one.ids)] == one.ids), None)
        if named is None:
            filling.add([Token(id, span.weight)])
            place += 1
        else:
            filling.add([Token(id, span.weight, vector) for vector in named.vectors])
            place += len(named.ids)


class Filling:
    """Chunks while they are filled. comma: the place of the last comma in the chunk at work."""

    def __init__(self, room: int) -> None:
        self.chunks: list[list[Token]] = []
        self.tokens: list[Token] = []
        self.comma: int | None = None
        self._room = room

    def add(self, tokens: Sequence[Token]) -> None:
        """Put tokens into one chunk: this one, or the next where they do not fit."""
        if len(self.tokens) + len(tokens) > self._room:
            self.end()
        self.tokens += tokens

    def backtrack(self) -> None:
        """When the chunk is full, take what follows its last comma over to the next one."""
        if self.comma is None or len(self.tokens) < self._room or len(self.tokens) - self.comma > BACKTRACK:
            return
        moved = self.tokens[self.comma + 1 :]
        del self.tokens[self.comma + 1 :]
        self.end()
        self.tokens = moved

    def end(self) -> None:
        """The chunk is done."""
        self.chunks.append(self.tokens)
        self.tokens, self.comma = [], None
