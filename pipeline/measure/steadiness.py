"""What the flicker meter saw over the frames, in a few figures for each region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measure.compare import Figure
from pipeline.measure.flicker import Levels


@dataclass(frozen=True)
class RegionFlicker:
    """Flicker of one region, in levels of 255 (mean absolute difference along the plate's flow).

    added: the render's less the plate's own, negative = steadier than the plate; its ceiling is the ceiling copy's less
    the plate's own. plate, render: the figures themselves; None when the region is never there.
    curve: for each frame the plate's, render's and ceiling copy's flicker; None at the first frame and at cuts.
    """

    region: str
    added: Figure
    plate: float | None
    render: float | None
    curve: tuple[tuple[float, ...] | None, ...]


def region_flicker(region: str, steps: Sequence[Levels | None]) -> RegionFlicker:
    """What is said of one region. steps: what the meter gave for each frame, for plate, render and ceiling copy."""
    curve = tuple(_known(step[region]) if step else None for step in steps)
    known = [levels for levels in curve if levels is not None]
    if not known:
        return RegionFlicker(region, Figure(None, None, "nothing to compare"), None, None, curve)
    plate, render, ceiling = np.mean(known, axis=0).tolist()
    return RegionFlicker(region, Figure(render - plate, ceiling - plate), plate, render, curve)


def _known(levels: Sequence[float]) -> tuple[float, ...] | None:
    return tuple(levels) if np.isfinite(levels).all() else None
