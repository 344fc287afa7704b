"""Clarity and sharpness: contrast added to brightness alone, at two sizes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.area import lifted, luma, soft_in
from pipeline.filters.stream import Scene, Stream
from pipeline.recipe.filters import Clarity, Sharpen

EDGE = 0.02
"""Variance of brightness (0..1 squared) above which the guided filter takes a step for an edge and leaves it alone."""
SHRINK = 4
"""The base of clarity is found on a picture this many times smaller: it holds nothing finer."""
OVERSHOOT = 0.01
"""Sharpening may pass the darkest and brightest neighbour by this much (0..1): more would be a ring."""


def clarified(stream: Stream, settings: Clarity, scene: Scene) -> Stream:
    """The stream with more local contrast in the middle tones."""

    def added(bright: NDArray[np.float32]) -> NDArray[np.float32]:
        return settings.amount * (bright - base_of(bright, settings.radius)) * middle_tones(bright)

    return _with_more(stream, settings, scene, added)


def sharpened(stream: Stream, settings: Sharpen, scene: Scene) -> Stream:
    """The stream with more fine detail."""

    def added(bright: NDArray[np.float32]) -> NDArray[np.float32]:
        blurred = cv2.GaussianBlur(bright, (0, 0), settings.radius)
        around = np.ones((3, 3), np.uint8)
        lowest, highest = cv2.erode(bright, around) - OVERSHOOT, cv2.dilate(bright, around) + OVERSHOOT
        return np.clip(bright + settings.amount * (bright - blurred), lowest, highest) - bright

    return _with_more(stream, settings, scene, added)


def _with_more(
    stream: Stream,
    settings: Clarity | Sharpen,
    scene: Scene,
    added: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> Stream:
    """The stream with more brightness in the settings' area: `added(brightness)`, float32 [h, w]."""
    for moment in stream:
        soft = soft_in(settings.area, moment, scene)
        if soft is None or settings.amount == 0:
            yield moment
            continue
        yield lifted(moment, added(luma(moment.pixels)), soft)


def base_of(bright: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Brightness without local contrast but with its edges (He, Sun and Tang 2013, "Guided image filtering").

    bright: float32 [h, w], 0..1. radius: as a share of the short side.
    """
    height, width = bright.shape
    small = cv2.resize(bright, (max(width // SHRINK, 1), max(height // SHRINK, 1)), interpolation=cv2.INTER_AREA)
    side = 2 * max(round(radius * min(small.shape)), 1) + 1
    mean = cv2.blur(small, (side, side))
    variance = cv2.blur(small * small, (side, side)) - mean * mean
    slope = variance / (variance + EDGE)
    slope, offset = cv2.blur(slope, (side, side)), cv2.blur(mean * (1 - slope), (side, side))
    wide = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in (slope, offset)]
    return (wide[0] * bright + wide[1]).astype(np.float32)


def middle_tones(bright: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 in the middle of the range and 0 at black and white."""
    return (4 * bright * (1 - bright)).clip(0, 1)
