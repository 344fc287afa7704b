"""Brightness as the eye weighs it."""

from __future__ import annotations

import numpy as np

from pipeline.frames import Picture
from pipeline.motion.flow import Plane

WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Of red, green and blue: ITU-R BT.709."""


def luma_of(picture: Picture) -> Plane:
    """The luma of a display-referred picture (uint8 RGB): float32 [height, width] in levels 0..255."""
    return picture.astype(np.float32) @ WEIGHTS
