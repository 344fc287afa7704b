"""The face matte: where the face pass may paint, as batch-face-swap made it in early 2023."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Frame, Mask, Matte
from pipeline.people.finder import MESH_POINTS, FoundFace
from pipeline.recipe.regions import Face

SHIFT = 4
"""Binary places of the corners of a hull."""


def filled(faces: Sequence[FoundFace], height: int, width: int) -> Mask:
    """The hulls of faces in a plate of this size, uint8 [height, width], 255 = inside."""
    mask = np.zeros((height, width), np.uint8)
    for face in faces:
        cv2.fillConvexPoly(mask, face.hull, (255,))
    return mask


def face_matte(frame: Frame, faces: Sequence[FoundFace], region: Face) -> Matte | None:
    """One matte over all faces of a frame that are large enough for the region; None when there is none.

    The faces' hulls are filled and grown by `grown`. The angle is that of the largest face, 0 when it is turned by less
    than the region's rotation threshold.
    """
    chosen = [face for face in faces if face.size >= region.minimum_size]
    mask = filled(chosen, frame.pixels.shape[0], frame.pixels.shape[1])
    if not mask.any():
        return None
    mask = grown(mask)
    angle = max(chosen, key=lambda face: face.area).angle
    return Matte(frame.number, mask, angle if abs(angle) >= region.rotation_threshold else 0.0, bounds(mask))


def hull_matte(frame: int, points: NDArray[np.floating], plate: tuple[int, int]) -> Matte | None:
    """The matte of one face from its landmarks [478, 2] in pixels of a plate (width, height); None outside of it.

    Filled and grown as `face_matte` does it; the corners of the hull lie on sixteenths of a pixel.
    """
    hull = cv2.convexHull(points[:MESH_POINTS].astype(np.float32))
    mask = np.zeros((plate[1], plate[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round((hull - 0.5) * 2**SHIFT).astype(np.int32), (255,), shift=SHIFT)
    if not mask.any():
        return None
    mask = grown(mask)
    return Matte(frame, mask, 0.0, bounds(mask))


def growth(height: int) -> int:
    """The most that `grown` adds on a side, in pixels, to a matte of a plate of so many rows."""
    reach = math.ceil(0.011 * height) + math.ceil(0.0045 * height) + math.ceil(0.014 * height)
    point = np.zeros((height, 2 * reach + 1), np.uint8)
    point[height // 2, reach] = 255
    box = bounds(grown(point))
    return max(reach - box.x, box.right - reach - 1, height // 2 - box.y, box.bottom - height // 2 - 1)


def grown(mask: Mask) -> Mask:
    """The mask (uint8 [height, width], 0 or 255) after the three dilations of batch-face-swap, sized by its height H.

    A square of ceil(.011 H); a bar of ceil(.0045 H) rows and ceil(.0025 H) columns anchored at column 1; a bar of
    ceil(.014 H) rows and ceil(.0025 H) columns anchored at row 1. Together they grow brow and chin more than the sides,
    and the brow most. Below 401 rows the bars are one column wide and column 1 does not exist: the anchor stays inside.
    """
    height = mask.shape[0]
    mask = dilated(mask, math.ceil(0.011 * height), math.ceil(0.011 * height), (-1, -1))
    mask = dilated(mask, math.ceil(0.0045 * height), math.ceil(0.0025 * height), (1, -1))
    return dilated(mask, math.ceil(0.014 * height), math.ceil(0.0025 * height), (-1, 1))


def dilated(mask: Mask, rows: int, columns: int, anchor: tuple[int, int]) -> Mask:
    """The mask dilated with a full kernel. anchor: its column and row in the kernel, -1 = the middle."""
    inside = (min(anchor[0], columns - 1), min(anchor[1], rows - 1))
    return cv2.dilate(mask, np.ones((rows, columns), np.uint8), anchor=inside).astype(np.uint8)


def bounds(mask: Mask) -> Box:
    """The bounding box of the pixels that are not 0; there must be one."""
    return Box(*cv2.boundingRect(mask))
