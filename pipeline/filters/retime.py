"""Another rate, another speed: frames at new times, each drawn between the two that it lies between."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.filters.between import Pair
from pipeline.filters.round_trip import STILL
from pipeline.filters.stream import Expression, Moment, Stream
from pipeline.frames import FloatPicture


@dataclass(frozen=True)
class Timeline:
    """Which time of a clip each new frame shows, in exact numbers, so that no chain of changes drifts.

    count: frames of the clip. rate: theirs a second. speed: 2 is twice as fast. to: new frames a second.
    """

    count: int
    rate: Fraction
    speed: Fraction
    to: Fraction

    @property
    def seconds(self) -> Fraction:
        """How long the retimed clip is, and its sound."""
        return Fraction(self.count) / (self.rate * self.speed)

    @property
    def frames(self) -> int:
        """How many new frames there are; the last one ends within half a frame of the sound."""
        return max(math.floor(self.seconds * self.to + Fraction(1, 2)), 1)

    def place(self, frame: int) -> Fraction:
        """Where new frame number `frame` lies among the clip's, 0 = its first."""
        return min(frame * self.rate * self.speed / self.to, Fraction(self.count - 1))


@dataclass(frozen=True)
class Guard:
    """The expression guard. expression: what the largest face of a picture does. most: the share it may stray by."""

    expression: Callable[[FloatPicture], Expression | None]
    most: float

    def keeps(self, pair: Pair, share: float, made: FloatPicture) -> bool:
        """Whether the face of a picture drawn between two others does what lies between them."""
        if self.most == 1:
            return True
        before, after = self.expression(pair.a), self.expression(pair.b)
        if before is None or after is None or np.linalg.norm(after - before) < STILL:
            return True
        now = self.expression(made)
        return now is not None and strayed(before, after, now, share) <= self.most


def retimed(stream: Stream, timeline: Timeline, cuts: frozenset[int], guard: Guard) -> Stream:
    """The new frames in order, numbered from 0. Keeps two frames of the clip.

    Nothing is drawn across a cut: the frame before it is held. A frame that the guard refuses is the nearer neighbour.
    """
    pair: Pair | None = None
    before, after, at = next(stream), next(stream, None), 0
    for number in range(timeline.frames):
        place = timeline.place(number)
        while place >= at + 1 and after is not None:
            before, after, at, pair = after, next(stream, None), at + 1, None
        share = float(place - at)
        if share == 0 or after is None or after.number in cuts:
            yield Moment(number, before.pixels)
            continue
        pair = pair or Pair(before.pixels, after.pixels)
        made = pair.at(share)
        held = before if share < 0.5 else after
        yield Moment(number, made if guard.keeps(pair, share, made) else held.pixels)


def strayed(before: Expression, after: Expression, now: Expression, share: float) -> float:
    """How far an expression lies from the straight way between two others, as a share of that way."""
    return float(np.linalg.norm(now - ((1 - share) * before + share * after)) / np.linalg.norm(after - before))
