"""Looking at one face closely: the same place cut from each clip, enlarged, read several times."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.frames import Box, Picture
from pipeline.measure.expression import NAMES, Signs, signs_of
from pipeline.people.landmarks import FaceMesh, FacePoints

CLOSEUP_SIZE = 320
"""Side of the enlarged picture that the mesh looks at, in pixels."""
MARGIN = 1.6
"""Side of the square that is cut out, over the longer side of the face's box."""
LOOKS = ((0.0, 0.0, 1.0), (0.04, -0.03, 1.07), (-0.04, 0.03, 0.94))
"""Shift right, shift down (parts of the square's side) and scale of each look: the mean of them jitters half as much
as one look does."""
OFF_CENTRE = 0.25
"""A face whose middle lies farther than this part of the square from its middle is somebody else's."""


def square_around(box: Box, look: tuple[float, float, float]) -> Box:
    """The square that is cut out to look at the face in `box`; it may reach over the edge of the picture."""
    right, down, scale = look
    side = max(round(MARGIN * scale * max(box.width, box.height)), 8)
    x, y = box.x + box.width / 2 + right * side, box.y + box.height / 2 + down * side
    return Box(round(x - side / 2), round(y - side / 2), side, side)


def cut_square(picture: Picture, square: Box) -> Picture:
    """What lies under `square`, at CLOSEUP_SIZE; beyond the edge of the picture its outermost pixels are repeated."""
    rows = np.clip(np.arange(square.y, square.bottom), 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(square.x, square.right), 0, picture.shape[1] - 1)
    way = cv2.INTER_AREA if square.width > CLOSEUP_SIZE else cv2.INTER_CUBIC
    return cv2.resize(picture[rows[:, None], columns], (CLOSEUP_SIZE, CLOSEUP_SIZE), interpolation=way).astype(np.uint8)


def off_centre(points: FacePoints) -> float:
    """How far a face [478, 3] lies from the middle of a close-up, in parts of its side."""
    return float(np.linalg.norm(points[:, :2].mean(axis=0) / CLOSEUP_SIZE - 0.5))


def middle_face(faces: list[FacePoints]) -> FacePoints | None:
    """The face nearest to the middle of a close-up, None when there is none near it."""
    nearest = min(faces, key=off_centre, default=None)
    return None if nearest is None or off_centre(nearest) > OFF_CENTRE else nearest


def look(picture: Picture, box: Box, mesh: FaceMesh) -> Signs:
    """The signs of the face in `box` of a picture (uint8 RGB), float64 [7]; NaN when no look finds a face there."""
    seen = (middle_face(mesh.find(cut_square(picture, square_around(box, way)))) for way in LOOKS)
    signs = [signs_of(points) for points in seen if points is not None]
    return np.mean(signs, axis=0) if signs else np.full(len(NAMES), np.nan)
