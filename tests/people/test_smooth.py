"""Curves: jitter goes, motion stays where it is, slips of one frame go, slow curves never cut anything off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.people.smooth import averaged, held_above, joined_angles, steadied, switched, without_outliers

RATE = 24.0
TIME = np.arange(96) / RATE


def test_a_straight_line_stays_as_it_is() -> None:
    line = np.stack([3 * TIME, 5 - TIME], axis=1)
    assert steadied(line, RATE, 2, 1.5) == pytest.approx(line, abs=0.02)


def test_jitter_goes_and_nothing_lags() -> None:
    truth = 0.1 * np.sin(2 * np.pi * 0.5 * TIME)
    shaky = truth + np.random.default_rng(1).normal(0, 0.02, truth.shape)
    smooth = steadied(shaky[:, None], RATE, 2, 1.5)[:, 0]
    assert np.diff(smooth, 2).std() < np.diff(shaky, 2).std() / 3
    assert np.abs(smooth - truth).mean() < np.abs(shaky - truth).mean() * 0.7
    best = max(range(-4, 5), key=lambda lag: np.corrcoef(np.roll(truth, lag)[8:-8], smooth[8:-8])[0, 1])
    assert best == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_curves_are_no_trouble(count: int) -> None:
    values = np.arange(count, dtype=float)[:, None]
    assert steadied(values, RATE, 2, 1.5) == pytest.approx(values, abs=0.2)
    assert (without_outliers(values, 0.1) == values).all()


def test_a_slip_of_one_frame_goes_and_a_fast_move_stays() -> None:
    move = np.repeat([0.0, 1.0], 20)[:, None] + 0.001 * np.arange(40)[:, None]
    slipped = move.copy()
    slipped[10] += 2
    cleaned = without_outliers(slipped, 0.15)
    assert cleaned[10] == pytest.approx(move[10], abs=0.01)
    assert np.delete(cleaned, 10, 0) == pytest.approx(np.delete(move, 10, 0))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.integers(0, 12))
def test_a_held_curve_never_lies_below(values: list[float], reach: int) -> None:
    curve = np.array(values)
    held = held_above(curve, reach)
    assert held.shape == curve.shape
    assert (held >= curve - 1e-9).all() and held.max() <= curve.max() + 1e-9


def test_a_held_curve_is_slow() -> None:
    spikes = np.zeros(60)
    spikes[30] = 10
    assert np.abs(np.diff(held_above(spikes, 6))).max() <= 10 / 13 + 1e-9


def test_averages_keep_constants_and_means() -> None:
    assert averaged(np.full((9, 2), 3.0), 4) == pytest.approx(np.full((9, 2), 3.0))
    assert averaged(np.arange(9.0), 1)[1:-1] == pytest.approx(np.arange(9.0)[1:-1])


def test_a_switch_does_not_flip() -> None:
    values = np.array([19, 20, 19, 18, 20, 16, 19, 21.0])
    assert switched(values, 20, 17).tolist() == [False, True, True, True, True, False, False, True]


def test_angles_do_not_jump_at_180() -> None:
    assert joined_angles(np.array([170.0, 179.0, -175.0])) == pytest.approx([170, 179, 185])
