"""Who is who from frame to frame, and where a cut begins a new set-up. Small on purpose: for measuring only."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.frames import Box, Picture

SAME_PERSON = 0.3
"""Least overlap (intersection over union) of a box with the person's last one."""
PATIENCE = 6
"""Frames for which a person who is not found is still looked for at the last place."""
THUMBNAIL = (64, 36)
CUT_LEVELS = 15.0
"""Least change of the thumbnail at a cut, in levels of 255; moving shots change by about 5 a frame."""
CUT_FACTOR = 4.0
"""Least change at a cut, over the median change of the frames before."""
CUT_MEMORY = 12


class CutTest:
    """Says of each frame of a plate, given in order, whether it begins a new set-up."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._changes: deque[float] = deque(maxlen=CUT_MEMORY)

    def step(self, picture: Picture) -> bool:
        """Whether the mean change of a thumbnail stands out in levels and against the frames before."""
        now = cv2.resize(picture, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._before = self._before, now
        if before is None:
            return False
        change = float(np.abs(now - before).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        self._changes.append(change)
        return change > max(CUT_LEVELS, CUT_FACTOR * usual)


@dataclass(frozen=True)
class Followed:
    """A person in one frame. person: counted from 0, a new number after each cut. box: around the face, in pixels."""

    person: int
    box: Box


@dataclass
class _Live:
    box: Box
    unseen: int = 0


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


class Follower:
    """Gives found faces the number of the person they belong to, by overlap with the frame before."""

    def __init__(self) -> None:
        self._live: dict[int, _Live] = {}
        self._people = 0

    def step(self, boxes: Sequence[Box], cut: bool) -> list[Followed]:
        """The people of the next frame: those found in `boxes`, and at their last place those lost a moment ago."""
        if cut:
            self._live.clear()
        for live in self._live.values():
            live.unseen += 1
        new = [box for box, person in zip(boxes, self._matched(boxes), strict=True) if person is None]
        for box in new:
            self._live[self._people] = _Live(box)
            self._people += 1
        self._live = {person: live for person, live in self._live.items() if live.unseen <= PATIENCE}
        return [Followed(person, live.box) for person, live in sorted(self._live.items())]

    def _matched(self, boxes: Sequence[Box]) -> list[int | None]:
        """The person of each box, best overlap first; a match moves that person's box."""
        pairs = (
            (overlap(live.box, box), person, index)
            for person, live in self._live.items()
            for index, box in enumerate(boxes)
        )
        found: list[int | None] = [None] * len(boxes)
        for share, person, index in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if share >= SAME_PERSON and found[index] is None and person not in found:
                found[index] = person
                self._live[person] = _Live(boxes[index])
        return found
