"""How many frames one curve comes after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.measure.compare import FEWEST_FRAMES, Curve, joined

FARTHEST = 12
"""Frames: lags are looked for within half a second at 24 frames a second, before and after."""
STANDARD_ERRORS = 2.5
"""The best of many lags of unrelated curves reaches so many standard errors of a correlation by chance."""
SURE = 0.7
"""A correlation that is never put down to chance, however slowly the curves move."""


class Lag(NamedTuple):
    """frames: how much later the other curve comes, negative = earlier. correlation: at that lag, -1..1.

    chance: what unrelated curves that move as slowly as these reach at their best lag.
    """

    frames: int
    correlation: float
    chance: float

    @property
    def sure(self) -> bool:
        """Whether the one curve does follow the other."""
        return self.correlation > min(self.chance, SURE)


def best_lag(pairs: Sequence[tuple[Curve, Curve]]) -> Lag | None:
    """The lag at which the second curve of each pair best follows the first; None without enough frames or movement.

    pairs: one for each set-up; both curves [n] on the same frames, NaN where a value is missing. Every pair's own
    means are taken away, then all are correlated together. Among equals the lag nearest to 0.
    """
    aligned = [_aligned(pairs, lag) for lag in range(-FARTHEST, FARTHEST + 1)]
    fewest = max(FEWEST_FRAMES, len(aligned[FARTHEST][0]) // 2)
    known = {
        lag: _correlation(first, second)
        for lag, (first, second) in enumerate(aligned, -FARTHEST)
        if len(first) >= fewest and first.any() and second.any()
    }
    if not known:
        return None
    best = max(known, key=lambda lag: (round(known[lag], 9), -abs(lag)))
    return Lag(best, known[best], _chance(*aligned[best + FARTHEST]))


def _aligned(pairs: Sequence[tuple[Curve, Curve]], lag: int) -> tuple[Curve, Curve]:
    lengths = [max(len(one) - abs(lag), 0) for one, _ in pairs]
    return joined(
        (one[max(-lag, 0) :][:length], other[max(lag, 0) :][:length])
        for (one, other), length in zip(pairs, lengths, strict=True)
    )


def _chance(first: Curve, second: Curve) -> float:
    """What unrelated curves that move as slowly as these reach by chance.

    Bartlett 1935 ("Some aspects of the time-correlation problem in regard to tests of significance"): the variance of
    the correlation of two unrelated curves [n] is the sum over all lags of the product of their autocorrelations, / n.
    """
    lags = range(1, min(FARTHEST, len(first) - 1) + 1)
    alike = sum(_correlation(first[:-lag], first[lag:]) * _correlation(second[:-lag], second[lag:]) for lag in lags)
    return STANDARD_ERRORS * float(np.sqrt(max(1 + 2 * alike, 1.0) / len(first)))


def _correlation(first: Curve, second: Curve) -> float:
    scale = np.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale > 0 else 0.0
