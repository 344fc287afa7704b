"""Pictures of one shape and another size, brought together so that they can be compared pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.frames import Picture

ALIKE = 0.01
"""Most that the ratios of width to height of two pictures of one shape differ by, as a share."""


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) are one shape at two scales."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= ALIKE


def fitted_to(picture: Picture, width: int, height: int) -> Picture:
    """The picture, uint8 RGB, at this size; itself when it has it."""
    if picture.shape[:2] == (height, width):
        return picture
    way = cv2.INTER_AREA if picture.shape[1] > width else cv2.INTER_LANCZOS4
    return cv2.resize(picture, (width, height), interpolation=way).astype(np.uint8, copy=False)
