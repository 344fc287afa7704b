"""Even out flicker that differs from place to place: blend along the plate's motion, and leave detail alone.

Only what is coarser than the detail radius is blended, so that texture stays as it is. A neighbour counts where its
content is to be seen in both frames and looks alike; what really changes is therefore left alone, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.stream import Moment, Scene, Stream, Window, windows
from pipeline.frames import FloatPicture, Flow, Picture
from pipeline.motion.flow import compose, estimate_both, warp
from pipeline.recipe.filters import LocalDeflicker

ALIKE = 0.06
"""Difference of two places (0..1) at which a neighbour counts e^-1: about three times the flicker of a bad render."""
LARGEST = 640
"""Pixels of the long side of the picture that is blended; detail beyond the radius of one pixel there is not in it."""


@dataclass(frozen=True, eq=False)
class Coarse(Moment):
    """A frame, its coarse part at the working size, and the plate's flow from and to the frame before it."""

    coarse: FloatPicture
    back: Flow | None
    forth: Flow | None


def locally_deflickered(stream: Stream, settings: LocalDeflicker, scene: Scene) -> Stream:
    """The stream with even brightness and colour at every place. Keeps 2 * reach + 1 frames."""
    for window in windows(_coarse(stream, settings, scene), settings.reach, scene.cuts):
        moment = window.moment
        assert isinstance(moment, Coarse)
        change = settings.amount * (blended(window, settings.reach) - moment.coarse)
        height, width = moment.pixels.shape[:2]
        yield Moment(moment.number, moment.pixels + cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR))


def blended(window: Window, reach: int) -> FloatPicture:
    """The coarse part of the window's frame, averaged with its neighbours along the flow; Gaussian weights."""
    held = [moment for moment in window.moments if isinstance(moment, Coarse)]
    here = held[window.centre].coarse
    total, weights = here.copy(), np.ones((*here.shape[:2], 1), np.float32)
    for direction in (-1, 1):
        flow: Flow | None = None
        place = window.centre + direction
        while 0 <= place < len(held):
            step = held[place + 1].back if direction < 0 else held[place].forth
            if step is None:
                break
            flow = step if flow is None else compose(flow, step)
            carried, seen = warp(held[place].coarse, flow)
            distance = (place - window.centre) / (reach / 1.5)
            weight = np.float32(np.exp(-0.5 * distance**2)) * _alike(carried, here) * seen[..., None]
            total += weight * carried
            weights += weight
            place += direction
    return total / weights


def _alike(a: FloatPicture, b: FloatPicture) -> NDArray[np.float32]:
    """1 where two pictures are the same, falling off with their difference; [h, w, 1]."""
    difference = np.abs(a - b).max(2, keepdims=True)
    return np.exp(-((difference / ALIKE) ** 2)).astype(np.float32)


def _coarse(stream: Stream, settings: LocalDeflicker, scene: Scene) -> Stream:
    before: tuple[int, Picture] | None = None
    for moment in stream:
        size = _working_size(moment.pixels)
        plate = cv2.resize(scene.plate(moment.number), size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        small = cv2.resize(moment.pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        sigma = settings.detail * size[0] / moment.pixels.shape[1]
        coarse = cv2.GaussianBlur(small, (0, 0), sigma).astype(np.float32) if sigma > 0 else small
        back = forth = None
        if before is not None and moment.number not in scene.cuts:
            forth, back = estimate_both(before[1], plate, before[0], moment.number)
        before = moment.number, plate
        yield Coarse(moment.number, moment.pixels, coarse, back, forth)


def _working_size(pixels: FloatPicture) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    scale = min(LARGEST / max(height, width), 1)
    return max(round(width * scale), 1), max(round(height * scale), 1)
