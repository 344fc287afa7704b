"""Laying layers over a plate."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.composite.layer import eight_bits, opaque, three, where
from pipeline.frames import FloatPicture, Layer, Picture


def over(plate: Picture, layers: Iterable[Layer]) -> Picture:
    """The plate with the layers over it, bottom first: result = layer + (1 - alpha) * below (Porter and Duff, 1984).

    Works in the plate's display-referred values, as Auto1111 does; rounds once, at the end.
    """
    return eight_bits(blended(plate, layers))


def blended(plate: Picture, layers: Iterable[Layer]) -> FloatPicture:
    """As `over`, before anything is rounded: float32 [h, w, 3] in 0..1, display-referred."""
    left = deque(layers)
    if left and opaque(left[0].alpha):
        result = left.popleft().pixels.copy()
    else:
        result = np.divide(plate, np.float32(255), dtype=np.float32)
    for layer in left:
        there = where(layer.alpha)
        covered, alpha = there.cut(result), there.cut(layer.alpha)
        if opaque(alpha):
            covered[:] = there.cut(layer.pixels)
        else:
            covered *= three(np.float32(1) - alpha)
            covered += there.cut(layer.pixels)
    return result


def merged(layers: Sequence[Layer]) -> Layer:
    """Layers of one pass and frame, bottom first, at least one, as a single layer."""
    bottom = layers[0]
    pixels, alpha = bottom.pixels, bottom.alpha
    for layer in layers[1:]:
        pixels = layer.pixels + (1 - layer.alpha[..., None]) * pixels
        alpha = layer.alpha + (1 - layer.alpha) * alpha
    return Layer(bottom.frame, bottom.pass_name, pixels, alpha)
