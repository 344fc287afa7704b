"""What the flicker meter saw over the frames, in a few figures for each region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measure.compare import Figure
from pipeline.measure.flicker import AGAINST_PLATE, AREA, CHANGE, PIXELS
from pipeline.measure.regions import Sums

LEAST_FLICKER = 0.05
"""Levels of 255; a plate that flickers less does not flicker, and nothing is a multiple of it."""
NOTHING = "nothing to compare"
STILL = "the plate does not flicker there"


@dataclass(frozen=True)
class RegionFlicker:
    """Flicker of one region, in levels of 255 (root mean square of the change along the plate's flow).

    added: what the render adds to the plate's own, see `added`; negative = steadier than the plate; its ceiling is what
    the ceiling copy adds. plate, render: the figures themselves; None when the region is never there.
    coverage: share of the frames that were counted, 0..1.
    curve: for each frame the plate's, render's and ceiling copy's flicker; None at the first frame and at cuts.
    added_curve: for each frame what the render adds.
    """

    region: str
    added: Figure
    plate: float | None
    render: float | None
    ratio: Figure
    coverage: float
    pixels: float
    curve: tuple[tuple[float, ...] | None, ...]
    added_curve: tuple[float | None, ...]


def added(own: float, clip: float, difference: float) -> float:
    """The flicker that a clip adds, in levels of 255, from three mean squares: of the plate's change, of the clip's,
    and of the clip's change less the plate's.

    Flicker that knows nothing of the plate's own adds to it in squares, so the root of clip - own is its true level,
    where a difference of the plain levels reads low by about the plate's own. Of a render that repeats the plate's own
    changes a little stronger or weaker, the same root would say far too much: there the difference of the two changes
    is the true level. The lesser of both is right in either case. The sign is that of clip - own.
    """
    excess = clip - own
    return float(np.sign(excess) * np.sqrt(min(abs(excess), difference)))


def region_flicker(region: str, steps: Sequence[Sums | None]) -> RegionFlicker:
    """What is said of one region. steps: what the meter gave for each frame, for plate, render and ceiling copy."""
    means = [None if step is None else _means(step[region]) for step in steps]
    curve = tuple(None if mean is None else tuple(np.sqrt(mean[:, CHANGE]).tolist()) for mean in means)
    added_curve = tuple(None if mean is None else _added(mean, 1) for mean in means)
    known = [mean for mean in means if mean is not None]
    if not known:
        nothing = Figure(None, None, NOTHING)
        return RegionFlicker(region, nothing, None, None, nothing, 0.0, 0.0, curve, added_curve)
    mean = np.mean(known, axis=0)
    plate, render, copy = np.sqrt(mean[:, CHANGE]).tolist()
    ratio = Figure(render / plate, copy / plate) if plate >= LEAST_FLICKER else Figure(None, None, STILL)
    counted = np.sum([step[region][0] for step in steps if step is not None], axis=0)
    return RegionFlicker(
        region=region,
        added=Figure(_added(mean, 1), _added(mean, 2)),
        plate=plate,
        render=render,
        ratio=ratio,
        coverage=len(known) / len(steps),
        pixels=float(counted[PIXELS] / counted[AREA]),
        curve=curve,
        added_curve=added_curve,
    )


def _means(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return sums[:, :PIXELS] / sums[0, PIXELS] if sums[0, PIXELS] else None


def _added(mean: NDArray[np.float64], clip: int) -> float:
    return added(mean[0, CHANGE], mean[clip, CHANGE], mean[clip, AGAINST_PLATE])
