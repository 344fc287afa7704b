"""Even brightness and colour: what jumps from frame to frame over the whole picture is taken away, fades are kept.

Flicker is a gain per colour. The gain between two frames is the median over pixels of the logarithm of their ratio, so
that what moves in the picture does not count. The gains add up to a level; a frame's level is brought to the straight
line that fits the levels around it best (Savitzky and Golay 1964, with Gaussian weights), so that a fade stays a fade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.stream import Moment, Scene, Stream, scaled, windows
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Deflicker

SIDE = 96
"""Pixels of the long side of the small picture that gains are read from."""
DARKEST, BRIGHTEST = 0.04, 0.96
"""Pixels beyond these are clipped or all noise, and say nothing about a gain."""


@dataclass(frozen=True, eq=False)
class Levelled(Moment):
    """A frame and the gain of each colour since the frame before it, as logarithms, float64 [3]."""

    gain: NDArray[np.float64]


def deflickered(stream: Stream, settings: Deflicker, scene: Scene) -> Stream:
    """The stream with even brightness and colour."""
    for window in windows(_levelled(stream), settings.reach, scene.cuts):
        levels = added_up([moment.gain for moment in window.moments if isinstance(moment, Levelled)])
        places = np.arange(len(levels)) - window.centre
        wanted = line_through(places, levels, settings.reach / 2)
        gain = np.exp(settings.amount * (wanted - levels[window.centre])).astype(np.float32)
        yield Moment(window.moment.number, scaled(window.moment.pixels, gain.tolist()))


def line_through(places: NDArray[np.int_], values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """The value at place 0 of the straight line that fits best. values: [n, c] at `places` [n]; Gaussian weights."""
    weights = np.exp(-0.5 * (places / sigma) ** 2)
    if len(places) < 3:
        return (weights[:, None] * values).sum(0) / weights.sum()
    columns = np.stack((np.ones(len(places)), places), 1) * np.sqrt(weights)[:, None]
    return np.linalg.lstsq(columns, values * np.sqrt(weights)[:, None], rcond=None)[0][0]


def added_up(steps: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The path that steps lead along, [n, c], from 0 at the first frame of a window.

    The first frame's own step led there from outside. So a frame's result hangs on its window alone, bit for bit.
    """
    return np.cumsum(np.array([np.zeros_like(steps[0]), *steps[1:]]), axis=0)


def _levelled(stream: Stream) -> Stream:
    before: FloatPicture | None = None
    for moment in stream:
        small = _small(moment.pixels)
        gain = np.zeros(3) if before is None else gain_between(before, small)
        before = small
        yield Levelled(moment.number, moment.pixels, gain)


def gain_between(before: FloatPicture, after: FloatPicture) -> NDArray[np.float64]:
    """The logarithm of the gain of each colour from one small picture to the next, float64 [3]."""
    usable = (np.minimum(before, after).min(2) > DARKEST) & (np.maximum(before, after).max(2) < BRIGHTEST)
    if not usable.any():
        return np.zeros(3)
    return np.median(np.log(after[usable] / before[usable]), axis=0).astype(np.float64)


def _small(pixels: FloatPicture) -> FloatPicture:
    height, width = pixels.shape[:2]
    scale = min(SIDE / max(height, width), 1)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
