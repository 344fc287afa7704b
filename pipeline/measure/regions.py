"""Where in the picture something is measured, and sums over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box
from pipeline.measure.compare import Figure

REGIONS = ("whole frame", "face", "elsewhere")
WHOLE, FACE, ELSEWHERE = REGIONS

Sums = dict[str, NDArray[np.float64]]
"""By region: sums over its pixels in one frame, float64 [clips, ...]."""


def face_mask(shape: tuple[int, ...], faces: Sequence[Box]) -> NDArray[np.bool_]:
    """Whether a pixel of a picture of this shape (height, width) lies in a face's box."""
    face = np.zeros(shape, bool)
    for box in faces:
        box.clipped(shape[1], shape[0]).cut(face)[:] = True
    return face


def summed(values: Sequence[NDArray[np.float32]], face: NDArray[np.bool_]) -> Sums:
    """The sums of each of `values` [height, width] over every region: [len(values)]."""
    whole = np.array([value.sum(dtype=np.float64) for value in values])
    inside = np.array([value[face].sum(dtype=np.float64) for value in values])
    return {WHOLE: whole, FACE: inside, ELSEWHERE: whole - inside}


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
