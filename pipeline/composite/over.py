"""Laying layers over a plate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.frames import Layer, Picture


def over(plate: Picture, layers: Iterable[Layer]) -> Picture:
    """The plate with the layers over it, bottom first: result = layer + (1 - alpha) * below (Porter and Duff, 1984).

    Works in the plate's display-referred values, as Auto1111 does; rounds once, at the end.
    """
    result = plate.astype(np.float32) / 255
    for layer in layers:
        result = layer.pixels + (1 - layer.alpha[..., None]) * result
    return np.round(result * 255).clip(0, 255).astype(np.uint8)
