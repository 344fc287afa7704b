"""Where a face lies: a frame of its own that moves with the head and not with the jaw, and how far the face reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture
from pipeline.people.finder import MESH_POINTS, upright_angle
from pipeline.people.landmarks import FacePoints

RIGID = (10, 151, 9, 8, 168, 6, 197, 195, 33, 133, 362, 263, 127, 356, 234, 454)
"""Mesh points that acting hardly moves: forehead, bridge of the nose, corners of the eyes, temples, in front of the
ears."""
LOOK_SIDE = 12
"""Pixels on a side of the picture that a face is known again by."""
LOOK_REACH = 3.2
"""Half the side of what that picture shows, in sizes of the face: the face with hair and beard, and hardly any set."""

Look = NDArray[np.uint8]
"""uint8 [12, 12, 3]: an upright face in CIE L*a*b*, as OpenCV scales it to bytes."""


@dataclass(frozen=True)
class Pose:
    """The frame of a face in a picture.

    x, y: its origin, the mean of the rigid points, in pixels. size: the root mean square distance of the rigid points
    from their mean in three dimensions, in pixels; a head that turns keeps it. angle: degrees anticlockwise,
    0 = upright.
    """

    x: float
    y: float
    size: float
    angle: float

    @classmethod
    def of(cls, points: FacePoints) -> Pose:
        """The frame of the face with these landmarks, float32 [478, 3] in pixels."""
        rigid = points[list(RIGID)].astype(np.float64)
        middle = rigid.mean(axis=0)
        size = math.sqrt(float(((rigid - middle) ** 2).sum(axis=1).mean()))
        return cls(float(middle[0]), float(middle[1]), max(size, 1e-3), upright_angle(points))

    @property
    def axes(self) -> NDArray[np.float64]:
        """float64 [2, 2], columns: the face's own right and down as directions in the picture, times its size."""
        turn = math.radians(self.angle)
        return self.size * np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])

    def inward(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the picture [n, 2] in the face's own frame: right and down from its origin, in sizes."""
        return (points - np.array([self.x, self.y])) @ np.linalg.inv(self.axes).T

    def outward(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the face's own frame [n, 2] in pixels of the picture."""
        return points @ self.axes.T + np.array([self.x, self.y])


@dataclass(frozen=True)
class Reach:
    """How far the mesh of a face reaches from the origin of its frame, in pixels along the face's own axes."""

    left: float
    right: float
    up: float
    down: float

    @classmethod
    def of(cls, points: FacePoints, pose: Pose) -> Reach:
        """The reach of the face with these landmarks."""
        own = pose.inward(points[:MESH_POINTS, :2]) * pose.size
        low, high = own.min(axis=0), own.max(axis=0)
        return cls(float(-low[0]), float(high[0]), float(-low[1]), float(high[1]))


def look_of(picture: Picture, pose: Pose) -> Look:
    """What a face looks like, to know it again: upright, small, with its surround. picture: uint8 RGB."""
    corner = np.array([[-LOOK_REACH, -LOOK_REACH], [LOOK_REACH, -LOOK_REACH], [-LOOK_REACH, LOOK_REACH]])
    large = 4 * LOOK_SIDE
    to = np.array([[0, 0], [large, 0], [0, large]], np.float32)
    turn = cv2.getAffineTransform(pose.outward(corner).astype(np.float32), to)
    upright = cv2.warpAffine(picture, turn, (large, large), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(upright, (LOOK_SIDE, LOOK_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.uint8)


def unlike(one: Look, other: Look) -> float:
    """How little two faces look alike: the mean difference in levels of 255, light that changed on the whole aside."""
    change = one.astype(np.float32) - other
    change[..., 0] -= np.clip(np.median(change[..., 0]), -20, 20)
    return float(np.abs(change).mean())
