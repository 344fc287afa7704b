"""Where a filter works, and how softly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.stream import Moment, Scene
from pipeline.frames import Box, FloatPicture, Mask
from pipeline.recipe.filters import Area

SOFTNESS = 0.015
"""Sigma of a face's edge, as a share of the picture's short side."""
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""ITU-R BT.709 weights of red, green and blue."""


@dataclass(frozen=True, eq=False)
class Soft:
    """Where a filter works. alpha: how much of it each pixel of the box gets, float32 [h, w] in 0..1; none outside."""

    box: Box
    alpha: NDArray[np.float32]


def soft_in(area: Area, moment: Moment, scene: Scene) -> Soft | None:
    """Where a filter works in a frame; None for nowhere at all."""
    height, width = moment.pixels.shape[:2]
    if area == "whole_frame":
        return Soft(Box(0, 0, width, height), np.ones((height, width), np.float32))
    mask = scene.faces(moment.number)
    if mask is None:
        return None
    soft = _softened(mask)
    if mask.shape == (height, width):
        return soft
    whole = np.zeros(mask.shape, np.float32)
    soft.box.cut(whole)[:] = soft.alpha
    return Soft(Box(0, 0, width, height), cv2.resize(whole, (width, height)).astype(np.float32))


def lifted(moment: Moment, light: NDArray[np.float32], soft: Soft) -> Moment:
    """The frame with brightness added to all its colours where a filter works. light: float32 [h, w]."""
    pixels = moment.pixels.copy()
    part, added = soft.box.cut(pixels), soft.alpha * soft.box.cut(light)
    np.add(part, cv2.merge([added, added, added]), out=part)
    return moment.with_pixels(pixels)


def _softened(mask: Mask) -> Soft:
    """A mask with a soft edge; only what the edge can reach is looked at, which changes no bit of it."""
    sigma = SOFTNESS * min(mask.shape)
    box = Box(*cv2.boundingRect(mask)).grown(math.ceil(5 * sigma) + 1).clipped(mask.shape[1], mask.shape[0])
    part = box.cut(mask).astype(np.float32) / 255
    return Soft(box, cv2.GaussianBlur(part, (0, 0), sigma).astype(np.float32))


def luma(pixels: FloatPicture) -> NDArray[np.float32]:
    """Brightness, float32 [h, w], by the weights of BT.709 on display-referred values."""
    return (pixels @ LUMA).astype(np.float32, copy=False)
