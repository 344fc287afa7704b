"""Lip sync: whether the mouth opens when the soundtrack is loud, in the plate and in the render."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.frames import FrameRange
from pipeline.measure.acting import CEILING, PLATE, RENDER, CurveFigures, Person
from pipeline.measure.compare import Curve, Figure
from pipeline.measure.expression import NAMES
from pipeline.measure.timing import Lag, best_lag

MOUTH = NAMES.index("mouth")
TREND = Fraction(1, 2)
"""Seconds before and after over which a running mean is taken away: what is left are the syllables, not the moods."""

LEAST_MATCH = 0.2
"""A mouth whose best correlation is lower does not follow the sound; speech on the sample shots reaches 0.3 to 0.4."""

SILENT = "no sound"
NOBODY = "no face in the plate"
APART = "the plate's mouth does not follow the sound"
APART_RENDER = "the mouth does not follow the sound"


@dataclass(frozen=True)
class LipSync:
    """How the mouths follow the soundtrack.

    lag: frames that the mouth moves later than the sound, at the best correlation, which is `correlation`.
    plate_lag, plate_correlation: the same before rendering, None where the plate's mouth does not follow the sound.
    chance: the correlation that a mouth of the plate's kind reaches with any sound at its best lag. Loudness says
    little of where a mouth opens: in a few seconds of speech the lag may be an accident, and this says so.
    """

    lag: Figure
    correlation: Figure
    plate_lag: float | None
    plate_correlation: float | None
    chance: float | None


@dataclass(frozen=True, eq=False)
class Sounds:
    """The loudness of each frame in decibels, float64 [frames], of plate and render; None for a silent clip."""

    frames: FrameRange
    rate: Fraction
    plate: Curve | None
    render: Curve | None


def lip_sync(people: Sequence[Person], mouth: CurveFigures | None, sounds: Sounds) -> LipSync:
    """Compare the mouth openings of all people with the sound. mouth: its figures, None when the plate shows nobody.

    The render is heard with its own soundtrack, or with the plate's when it has none.
    """
    theirs = sounds.plate if sounds.render is None else sounds.render
    if sounds.plate is None or not np.ptp(sounds.plate) or theirs is None or not np.ptp(theirs):
        return _without(SILENT)
    if mouth is None or mouth.amplitude is None or mouth.kept.ceiling is None:
        return _without(NOBODY if mouth is None else mouth.kept.reason)
    plate = _followed(people, PLATE, sounds.plate, sounds)
    if plate is None:
        return _without(APART)
    copy = _followed(people, CEILING, sounds.plate, sounds)
    render = None if mouth.timing.value is None else _followed(people, RENDER, theirs, sounds)
    best = (None, None) if copy is None else (float(copy.frames), copy.correlation)
    own = (None, None) if render is None else (float(render.frames), render.correlation)
    reason = "" if render else mouth.timing.reason or APART_RENDER
    lag, correlation = (Figure(value, ceiling, reason) for value, ceiling in zip(own, best, strict=True))
    return LipSync(lag, correlation, float(plate.frames), plate.correlation, plate.chance)


def _without(reason: str) -> LipSync:
    nothing = Figure(None, None, reason)
    return LipSync(nothing, nothing, None, None, None)


def _followed(people: Sequence[Person], clip: int, sound: Curve, sounds: Sounds) -> Lag | None:
    reach = max(round(TREND * sounds.rate), 1)
    found = best_lag(list(_pairs(people, clip, detrended(sound, reach), sounds.frames.first, reach)))
    return None if found is None or found.correlation < LEAST_MATCH else found


def _pairs(people: Sequence[Person], clip: int, sound: Curve, first: int, reach: int) -> Iterator[tuple[Curve, Curve]]:
    for person in people:
        mouth = person.dense(clip, MOUTH)
        start = person.frames[0] - first
        yield sound[start : start + len(mouth)], detrended(mouth, reach)


def detrended(curve: Curve, reach: int) -> Curve:
    """The curve [n] less its mean over `reach` frames before and after; NaN stays NaN and counts for nothing."""
    known = np.isfinite(curve)
    window = np.ones(2 * reach + 1)
    sums, counts = (
        np.convolve(np.pad(one, reach), window, "valid") for one in (np.where(known, curve, 0), known * 1.0)
    )
    return curve - sums / np.maximum(counts, 1)
