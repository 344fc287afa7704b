"""The hands of a shot's frames, where each hand lies, and its matte.

MediaPipe looks at the whole picture first. Then it looks at the wrists that the body's landmarks name, each enlarged,
because a hand that is small in the picture is found in a crop of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.shot import Shot
from pipeline.frames import Box, Frame, Mask, Matte, Picture
from pipeline.keys import Key
from pipeline.people.finder import lean_of
from pipeline.people.landmarks import BodyPose, HandMarks, HandPoints
from pipeline.people.pose import Look, Pose, Reach
from pipeline.people.seen import Seen, Sightings
from pipeline.stage import Stage

HANDS = Stage("hands", version=1, reach=0)

WRIST, MIDDLE = 0, 9
"""Points of the wrist and of the middle finger's knuckle."""
PALM = (0, 1, 5, 9, 13, 17)
"""Points that the fingers hardly move: the wrist, the root of the thumb and the four knuckles."""
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
ELBOWS_WRISTS = ((13, 15), (14, 16))
"""Points of the body: elbow and wrist of each arm."""
VISIBLE = 0.5
"""Least visibility of a wrist that is looked at closely."""
SMALLEST_HAND = 3.0
"""Pixels of the palm's size below which a hand is left out."""
CLOSE_UP = 256
"""Pixels of the side that a wrist's surround is enlarged to."""
SAME = 1.5
"""Two hands whose palms are nearer than this, in sizes, are one."""
THICKNESS = 0.42
"""Half the thickness of a finger in the matte, in sizes of the palm: the finger with a rim around it."""
OPEN = Reach(2.2, 2.2, 3.3, 1.7)
"""How far an open hand reaches, in sizes of the palm: a crop holds still while the fingers open and close."""
SHIFT = 4
"""Binary places of the corners that are drawn."""


class HandFinder:
    """Finds the hands of single pictures. Use it in a `with`. Not thread-safe."""

    def __init__(self) -> None:
        self._marks, self._body = HandMarks(), BodyPose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._marks.__exit__(kind, error, trace)
        self._body.__exit__(kind, error, trace)

    def find(self, picture: Picture) -> tuple[HandPoints, ...]:
        """The landmarks of every hand of `picture` (uint8 RGB [height, width, 3]), the largest first."""
        hands: list[HandPoints] = []
        for points in self._candidates(picture):
            if palm(points).size >= SMALLEST_HAND and not any(_same(points, known) for known in hands):
                hands.append(points)
        return tuple(sorted(hands, key=lambda points: (-palm(points).size, float(points[WRIST, 0]))))

    def _candidates(self, picture: Picture) -> Iterator[HandPoints]:
        yield from self._marks.find(picture)
        body = self._body.find(picture)
        if body is None:
            return
        for elbow, wrist in ELBOWS_WRISTS:
            if body.visibility[wrist] >= VISIBLE:
                yield from self._look_closer(picture, body.points[elbow], body.points[wrist])

    def _look_closer(
        self, picture: Picture, elbow: NDArray[np.float32], wrist: NDArray[np.float32]
    ) -> Iterator[HandPoints]:
        """Hands in the enlarged surround of a wrist: a square of two forearms, its middle half a hand further on."""
        middle = wrist + 0.3 * (wrist - elbow)
        half = max(math.ceil(float(np.hypot(*(wrist - elbow)))), 16)
        box = Box(int(middle[0]) - half, int(middle[1]) - half, 2 * half, 2 * half)
        box = box.clipped(picture.shape[1], picture.shape[0])
        if min(box.width, box.height) < 16:
            return
        scale = max(1.0, CLOSE_UP / max(box.width, box.height))
        crop = cv2.resize(box.cut(picture), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        for points in self._marks.find(crop):
            yield (points / scale + np.array([box.x, box.y, 0], np.float32)).astype(np.float32)


class Hands(Sightings[Seen]):
    """Hands by frame. Not thread-safe."""

    def __init__(self, shot: Shot, cache: Path, finder: HandFinder) -> None:
        super().__init__(shot, cache, hands_key(shot))
        self.finder = finder

    def find(self, frame: Frame) -> Iterable[HandPoints]:
        """The landmarks of every hand."""
        return self.finder.find(frame.pixels)

    def pose(self, points: HandPoints) -> Pose:
        """The frame of a hand."""
        return palm(points)

    def reach(self, points: HandPoints, pose: Pose) -> Reach:
        """How far it reaches with its matte's rim; no less than an open hand."""
        own, rim = Reach.of(points, pose), THICKNESS * pose.size
        pairs = ((getattr(own, side) + rim, getattr(OPEN, side) * pose.size) for side in Reach.__dataclass_fields__)
        return Reach(*(max(pair) for pair in pairs))

    def made(self, points: HandPoints, look: Look) -> Seen:
        """The hand."""
        return Seen(points, look)


def hands_key(shot: Shot) -> Key:
    """The key of the hands of a shot."""
    return HANDS.key({"smallest": SMALLEST_HAND}, (shot.key,))


def palm(points: HandPoints) -> Pose:
    """The frame of a hand, float32 [21, 3]: the middle of its palm, its size in three dimensions, and its turn.

    A hand is upright when the middle finger's knuckle lies above the wrist.
    """
    rigid = points[list(PALM)].astype(np.float64)
    middle = rigid.mean(axis=0)
    size = math.sqrt(float(((rigid - middle) ** 2).sum(axis=1).mean()))
    return Pose(float(middle[0]), float(middle[1]), max(size, 1e-3), lean_of(points[MIDDLE], points[WRIST]))


def hand_mask(points: NDArray[np.floating], plate: tuple[int, int]) -> Mask:
    """The matte of a hand, uint8 [height, width]: its palm filled, each finger as thick as a finger with a rim.

    points: [21, 2 or 3] in pixels of a plate (width, height).
    """
    flat = points[:, :2].astype(np.float32)
    rigid = flat[list(PALM)]
    size = math.sqrt(float(((rigid - rigid.mean(axis=0)) ** 2).sum(axis=1).mean()))
    width = max(round(2 * THICKNESS * size), 1)
    at = np.round((flat - 0.5) * 2**SHIFT).astype(np.int32)
    mask = np.zeros((plate[1], plate[0]), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(at[list(PALM)]), (255,), shift=SHIFT)
    lines = [at[[WRIST, *finger]] for finger in FINGERS]
    cv2.polylines(mask, [line.reshape(-1, 1, 2) for line in lines], False, (255,), width, shift=SHIFT)
    return mask


def hand_matte(frame: int, points: NDArray[np.floating], plate: tuple[int, int]) -> Matte | None:
    """The matte of one hand in a plate (width, height); None outside of it."""
    mask = hand_mask(points, plate)
    return Matte(frame, mask, 0.0, Box(*cv2.boundingRect(mask))) if mask.any() else None


def _same(one: HandPoints, other: HandPoints) -> bool:
    a, b = palm(one), palm(other)
    return math.hypot(a.x - b.x, a.y - b.y) < SAME * max(a.size, b.size)
