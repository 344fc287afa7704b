"""Lags of synthetic curves."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measure.compare import Curve
from pipeline.measure.timing import FARTHEST, best_lag

COUNT = 90


def movement(seed: int) -> Curve:
    """A smooth movement that never repeats."""
    steps = np.random.default_rng(seed).normal(size=COUNT)
    return np.convolve(steps, np.hanning(9), "same")


def later(curve: Curve, frames: int) -> Curve:
    """The curve some frames later, NaN where it is not known."""
    moved = np.full(len(curve), np.nan)
    moved[max(frames, 0) : len(curve) + min(frames, 0)] = curve[max(-frames, 0) : len(curve) - max(frames, 0)]
    return moved


@pytest.mark.parametrize("frames", range(-FARTHEST, FARTHEST + 1))
def test_a_shift_is_found_to_the_frame(frames: int) -> None:
    found = best_lag([(movement(1), 3 * later(movement(1), frames) + 7)])
    assert found is not None
    assert found.frames == frames
    assert found.correlation == pytest.approx(1)
    assert found.sure


@pytest.mark.parametrize("frames", [-3, 2])
def test_a_shift_is_found_under_noise_with_gaps_and_over_set_ups(frames: int) -> None:
    noise = np.random.default_rng(4)
    pairs = []
    for seed, level in ((2, 0.0), (3, 50.0)):
        other = later(movement(seed), frames) + level + noise.normal(0, 0.7, COUNT)
        other[20:24] = np.nan
        pairs.append((movement(seed), other))
    found = best_lag(pairs)
    assert found is not None
    assert found.frames == frames
    assert 0.6 < found.correlation < 1
    assert found.sure


def test_the_best_lag_of_unrelated_curves_is_seldom_sure() -> None:
    found = [best_lag([(movement(2 * seed), movement(2 * seed + 1))]) for seed in range(20, 60)]
    assert sum(lag is not None and lag.sure for lag in found) <= 4


def test_unrelated_and_still_curves_have_no_lag() -> None:
    chance = best_lag([(movement(5), movement(17))])
    assert chance is not None and not chance.sure
    assert best_lag([(movement(5), np.ones(COUNT))]) is None
    assert best_lag([]) is None


def test_a_few_frames_have_no_lag() -> None:
    assert best_lag([(movement(5)[:5], movement(5)[:5])]) is None


def test_among_equals_the_nearest_to_zero_is_taken() -> None:
    beat = np.tile([0.0, 1.0, 0.0, -1.0], 20)
    found = best_lag([(beat, beat)])
    assert found is not None
    assert found.frames == 0
