"""Where a filter works, and how softly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.stream import Moment, Scene
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Area

SOFTNESS = 0.015
"""Sigma of a face's edge, as a share of the picture's short side."""
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""ITU-R BT.709 weights of red, green and blue."""


def alpha_in(area: Area, moment: Moment, scene: Scene) -> NDArray[np.float32] | None:
    """How much of a filter each pixel gets, float32 [h, w, 1] in 0..1; None for nothing at all."""
    height, width = moment.pixels.shape[:2]
    if area == "whole_frame":
        return np.ones((height, width, 1), np.float32)
    mask = scene.faces(moment.number)
    if mask is None:
        return None
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), SOFTNESS * min(mask.shape))
    if soft.shape != (height, width):
        soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return soft.astype(np.float32)[..., None]


def luma(pixels: FloatPicture) -> NDArray[np.float32]:
    """Brightness, float32 [h, w], by the weights of BT.709 on display-referred values."""
    return (pixels @ LUMA).astype(np.float32, copy=False)
