"""Where in the picture something is measured, and sums over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Mask
from pipeline.measure.compare import Figure

REGIONS = ("whole frame", "face", "body", "background")
WHOLE, FACE, BODY, BACKGROUND = REGIONS

Sums = dict[str, NDArray[np.float64]]
"""By region: sums over its pixels in one frame, float64 [clips, ...]."""
Parts = dict[str, Mask]
"""The parts of a picture by name, all but the whole: uint8 [height, width], 255 = inside; no pixel lies in two."""


def parts_of(people: Mask, faces: Sequence[Box]) -> Parts:
    """Faces, bodies and background. people: 255 where somebody is. faces: boxes, which count as face all over."""
    face = np.zeros_like(people)
    for box in faces:
        box.clipped(people.shape[1], people.shape[0]).cut(face)[:] = 255
    body = cv2.bitwise_and(people, cv2.bitwise_not(face))
    taken = cv2.bitwise_or(people, face)
    masks = (face, body, cv2.bitwise_not(taken))
    return {name: np.asarray(mask, np.uint8) for name, mask in zip((FACE, BODY, BACKGROUND), masks, strict=True)}


def within(parts: Parts, seen: NDArray[np.bool_]) -> Parts:
    """The parts, less the pixels that are not seen (bool [height, width])."""
    shown = seen.astype(np.uint8) * np.uint8(255)
    return {name: np.asarray(cv2.bitwise_and(mask, shown), np.uint8) for name, mask in parts.items()}


def summed(values: Sequence[NDArray[np.float32]], parts: Parts) -> Sums:
    """The sums of `values` over every region, one for each channel, and how many pixels it has: [channels + 1].

    values: float32 [height, width] or [height, width, channels], at most four channels each.
    """
    sums = {name: _summed(values, mask) for name, mask in parts.items()}
    return {WHOLE: np.sum([*sums.values()], axis=0), **sums}


def _summed(values: Sequence[NDArray[np.float32]], mask: Mask) -> NDArray[np.float64]:
    pixels = cv2.countNonZero(mask)
    means = [mean for value in values for mean in cv2.mean(value, mask)[: value.shape[2] if value.ndim == 3 else 1]]
    return np.array([*(mean * pixels for mean in means), pixels], np.float64)


@dataclass(frozen=True)
class RegionFigures:
    """What one measure says of one region.

    figure: the headline. parts: what it is made of, by name. coverage: share of the frames that were counted, 0..1.
    curve: for each frame the render's and the ceiling copy's figure, None where it cannot be said.
    """

    region: str
    figure: Figure
    parts: dict[str, Figure]
    coverage: float
    curve: tuple[tuple[float, float] | None, ...]


Reading = Callable[[NDArray[np.float64]], NDArray[np.float64] | None]
"""Turns sums [clips, ...] into figures [parts, clips], the headline first; None where the plate has nothing to keep."""


def region_figures(
    region: str, steps: Sequence[Sums | None], reading: Reading, parts: Sequence[str], nothing: str
) -> RegionFigures:
    """What is said of one region: the sums of all frames are read together, and those of each frame for the curve.

    steps: the sums of each frame, clips in the order plate, render, ceiling copy. parts: names of what follows the
    headline in a reading. nothing: why there is no figure where no frame has one.
    """
    read = [None if step is None else reading(step[region]) for step in steps]
    curve = tuple(None if one is None else (float(one[0, 1]), float(one[0, 2])) for one in read)
    known = [step[region] for step, one in zip(steps, read, strict=True) if step is not None and one is not None]
    total = reading(np.sum(known, axis=0)) if known else None
    if total is None:
        missing = Figure(None, None, nothing)
        return RegionFigures(region, missing, dict.fromkeys(parts, missing), 0.0, curve)
    headline, *rest = (Figure(_number(row[1]), _number(row[2])) for row in total)
    return RegionFigures(region, headline, dict(zip(parts, rest, strict=True)), len(known) / len(steps), curve)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
