"""A difference matte: where two pictures of one frame differ, and how surely."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture


def difference_matte(one: Picture, other: Picture, threshold: float, softness: float) -> NDArray[np.uint8]:
    """How surely two pictures differ at each pixel: uint8 [h, w], 0 = the same, 255 = different.

    one, other: uint8 RGB of one size. The difference is taken in CIE Lab, where a step looks equally large everywhere.
    threshold: differences up to this, in units of Lab (about 2.3 are just seen), are none. softness: units above the
    threshold over which the matte goes from 0 to 255; 0 is a hard edge.
    """
    lab = [cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for picture in (one, other)]
    distance = np.linalg.norm(lab[0] - lab[1], axis=2)
    if softness == 0:
        return np.where(distance > threshold, 255, 0).astype(np.uint8)
    return np.round(((distance - threshold) / softness).clip(0, 1) * 255).astype(np.uint8)
