"""What a film camera adds: the glow of lights, darker corners, grain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.area import luma
from pipeline.filters.stream import Stream
from pipeline.recipe.filters import Grain, Halation, Vignette

GLOW = np.array([1.0, 0.28, 0.06], np.float32)
"""Halation is light reflected by the film's back through the red layer first: red, some green, hardly any blue."""
LEAST_GRAIN = 0.25
"""Share of the grain that is left in black and white."""


def glowing(stream: Stream, settings: Halation) -> Stream:
    """The stream with a glow around bright lights, laid over as light: 1 - (1 - a)(1 - b)."""
    for moment in stream:
        bright = luma(moment.pixels)
        lights = np.clip((bright - settings.threshold) / (1 - settings.threshold), 0, 1)
        glow = cv2.GaussianBlur(lights, (0, 0), settings.radius * min(bright.shape))
        added = (settings.amount * glow)[..., None] * GLOW
        yield moment.with_pixels(1 - (1 - moment.pixels) * (1 - added.clip(0, 1)))


def darkened(stream: Stream, settings: Vignette) -> Stream:
    """The stream with darker corners, falling off with the fourth power of the cosine as in a simple lens."""
    field: NDArray[np.float32] | None = None
    for moment in stream:
        field = _falloff(moment.pixels.shape[0], moment.pixels.shape[1], settings.amount) if field is None else field
        yield moment.with_pixels(moment.pixels * field)


def _falloff(height: int, width: int, amount: float) -> NDArray[np.float32]:
    """Light left at each pixel, [h, w, 1]: 1 in the middle, 1 - amount in the corners."""
    rows, columns = np.indices((height, width), np.float32)
    away = ((rows - (height - 1) / 2) ** 2 + (columns - (width - 1) / 2) ** 2) / max((height**2 + width**2) / 4, 1)
    steepness = (1 - amount) ** -0.5 - 1 if amount < 1 else 1e6
    return (1 / (1 + steepness * away) ** 2)[..., None].astype(np.float32)


def grained(stream: Stream, settings: Grain) -> Stream:
    """The stream with grain; a frame's grain depends on the seed and the frame's number alone."""
    for moment in stream:
        height, width = moment.pixels.shape[:2]
        generator = np.random.default_rng((settings.seed, moment.number))
        grain = (1 - settings.colour) * _field(generator, height, width, 1, settings.size)
        if settings.colour > 0:
            grain = grain + settings.colour * _field(generator, height, width, 3, settings.size)
        deviation = np.hypot(1 - settings.colour, settings.colour) or 1.0
        weight = LEAST_GRAIN + (1 - LEAST_GRAIN) * (4 * moment.pixels * (1 - moment.pixels)).clip(0, 1)
        yield moment.with_pixels(moment.pixels + settings.amount / 255 / deviation * weight * grain)


def _field(generator: np.random.Generator, height: int, width: int, planes: int, size: float) -> NDArray[np.float32]:
    """Grain of unit deviation, float32 [h, w, planes]."""
    noise = generator.standard_normal((height, width, planes), np.float32)
    if size > 1:
        noise = cv2.GaussianBlur(noise, (0, 0), size / 2).reshape(height, width, planes)
        noise = noise / _deviation_after(size / 2)
    return noise.astype(np.float32, copy=False)


def _deviation_after(sigma: float) -> float:
    """The deviation that white noise has after OpenCV's Gaussian blur: the root of its kernel's squares, twice."""
    side = 2 * int(np.ceil(4 * sigma)) + 1
    return float((cv2.getGaussianKernel(side, sigma) ** 2).sum())
