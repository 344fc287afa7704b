"""Mattes that somebody has corrected by hand: what was painted is added to them or taken away, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline.errors import FootageError
from pipeline.frames import Crop, Mask, Matte
from pipeline.prepare.matte_stage import PersonMatte
from pipeline.prepare.mattes import bounds
from pipeline.prepare.painted import PaintedMattes, Placed
from pipeline.recipe.regions import CorrectionMode

People = Callable[[int], tuple[PersonMatte, ...]]
"""Frame -> whom a pass follows there, with the mattes as they were found."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """One correction. painted: what was painted, carried over its frames. people: for a pass that follows people."""

    mode: CorrectionMode
    painted: PaintedMattes
    people: People | None = None

    @cached_property
    def person(self) -> int:
        """To whose matte it is added: of those in the painted frame the one it covers most of, or lies nearest to.

        Raises FootageError when nobody is followed there.
        """
        frame, mask = self.painted.region.frame, self.painted.mask
        found = self.people(frame) if self.people is not None else ()
        if not found:
            raise FootageError(
                f"Nobody is followed in frame {frame}, so nothing can be added to a matte there.",
                "Add to the matte on a frame that has one, or paint a patch of its own.",
            )
        return max(found, key=lambda one: nearness(one.matte.mask, mask)).person


@dataclass(frozen=True, eq=False)
class CorrectedMattes:
    """The corrections of one pass, in the order in which they were painted. Not thread-safe.

    room: plate pixels round what was added that the pass's square must show: the reach of its soft edge.
    """

    strokes: tuple[Stroke, ...]
    room: float

    def use(self) -> None:
        """Note that what is read is in use. Raises OutputError."""
        for stroke in self.strokes:
            stroke.painted.store.use()

    def matte(self, frame: int, found: Matte | None) -> Matte | None:
        """A frame's matte with what was painted; None where nothing of it is left."""
        for stroke in self.strokes:
            placed = stroke.painted.placed(frame)
            if placed is not None:
                found = self._added(found, placed, frame) if stroke.mode == "add" else without(found, placed.mask)
        return found

    def people(self, frame: int, found: tuple[PersonMatte, ...]) -> tuple[PersonMatte, ...]:
        """The mattes of those who are followed with what was painted; who has nothing left is left alone."""
        for stroke in self.strokes:
            placed = stroke.painted.placed(frame)
            if placed is not None and stroke.mode == "add":
                whose = stroke.person
                found = tuple(self._more(one, placed) if one.person == whose else one for one in found)
            elif placed is not None:
                found = tuple(left for one in found if (left := _less(one, placed)) is not None)
        return found

    def _more(self, one: PersonMatte, placed: Placed) -> PersonMatte:
        crop = enclosing(one.crop, placed, self.room)
        return replace(one, matte=_masked(one.matte, np.maximum(one.matte.mask, placed.mask)), crop=crop)

    def _added(self, found: Matte | None, placed: Placed, frame: int) -> Matte:
        if found is None:
            return Matte(frame, placed.mask, 0.0, bounds(placed.mask))
        crop = None if found.crop is None else enclosing(found.crop, placed, self.room)
        return replace(_masked(found, np.maximum(found.mask, placed.mask)), crop=crop)


def without(matte: Matte | None, painted: Mask) -> Matte | None:
    """A matte less what was painted (255 = inside); None when nothing is left."""
    if matte is None:
        return None
    mask = np.where(painted > 0, 0, matte.mask).astype(np.uint8)
    return _masked(matte, mask) if mask.any() else None


def enclosing(crop: Crop, placed: Placed, room: float) -> Crop:
    """A crop grown about its middle, as far as it must, to show what was painted and `room` pixels round it."""
    turn = math.radians(crop.angle)
    right, down = placed.middle[0] - crop.x, placed.middle[1] - crop.y
    across = abs(math.cos(turn) * right - math.sin(turn) * down)
    along = abs(math.sin(turn) * right + math.cos(turn) * down)
    half = placed.side / 2 * (abs(math.cos(turn)) + abs(math.sin(turn)))
    return replace(crop, side=max(crop.side, 2 * (max(across, along) + half + room)))


def nearness(matte: Mask, painted: Mask) -> tuple[int, float]:
    """How near a matte lies to what was painted: the pixels that they share, then the distance of their middles.

    The larger, the nearer; both masks hold something.
    """
    apart = np.mean(np.nonzero(matte), axis=1) - np.mean(np.nonzero(painted), axis=1)
    return int(np.logical_and(matte, painted).sum()), -float(np.hypot(*apart))


def _less(one: PersonMatte, placed: Placed) -> PersonMatte | None:
    left = without(one.matte, placed.mask)
    return None if left is None else replace(one, matte=left)


def _masked(matte: Matte, mask: Mask) -> Matte:
    return replace(matte, mask=mask, box=bounds(mask))
