"""The frames to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.frames import FrameRange
from pipeline.measure.acting import PLATE, RENDER, Person
from pipeline.measure.compare import Curve, amplitude
from pipeline.measure.expression import CURVES

APART = 6
"""Frames between two that are named for the same reason."""
MOST = 3
"""Frames named for each reason."""
LEAST_OFF = 0.25
"""Of a curve's whole movement; less is not worth a look."""


@dataclass(frozen=True)
class Worst:
    """A frame to look at.

    measure: of what, "expression" or "flicker". name: the curve, or the region. value: how far it is off, in `unit`.
    what: the same in an artist's words.
    """

    frame: int
    measure: str
    name: str
    value: float
    unit: str
    what: str


def peaks(values: Curve, least: float) -> list[int]:
    """Places of the largest values [n] above `least`, the largest first, no two nearer than APART."""
    left = np.where(np.isfinite(values) & (values > least), values, -np.inf)
    found: list[int] = []
    while len(found) < MOST and np.isfinite(left).any():
        at = int(np.argmax(left))
        found.append(at)
        left[max(at - APART + 1, 0) : at + APART] = -np.inf
    return found


def off_acting(people: Sequence[Person], frames: FrameRange) -> list[Worst]:
    """Where the render's curves lie farthest from the plate's, in parts of how far each moves in the plate."""
    found = []
    for index, name in enumerate(CURVES):
        off = np.full(len(frames), np.nan)
        for person in people:
            plate, render = person.curves[PLATE, :, index], person.curves[RENDER, :, index]
            span = amplitude(plate)
            if span >= person.source.least[name] and np.isfinite(render).any():
                at = np.array(person.frames) - frames.first
                off[at] = np.abs((render - np.nanmean(render)) - (plate - plate.mean())) / span
        for at in peaks(off, LEAST_OFF):
            words = f"{name} is off by {off[at]:.0%} of its range"
            found.append(Worst(frames.first + at, "expression", name, float(off[at]), "part of its range", words))
    return found


def flickering(added: Sequence[float | None], frames: FrameRange, region: str) -> list[Worst]:
    """Where the render adds most flicker, at least one level of 255 and twice the shot's median."""
    values = np.array([np.nan if value is None else value for value in added], np.float64)
    if not np.isfinite(values).any():
        return []
    least = max(1.0, 2 * float(np.nanmedian(values)))
    return [
        Worst(
            frames.first + at,
            "flicker",
            region,
            float(values[at]),
            "levels of 255",
            f"flicker of {values[at]:.1f} levels, {region}",
        )
        for at in peaks(values, least)
    ]
