"""Comparing curves: known movements in, known figures out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.measure import acting
from pipeline.measure.acting import (
    Acting,
    CurveFigures,
    curve_figures,
    expression_kept,
    faces_found,
    finer_figures,
)
from pipeline.measure.compare import likeness
from pipeline.measure.expression import CURVES, LEAST_AMPLITUDE, NAMES, Signs

COUNT = 40
NOISE = np.random.default_rng(5).normal(0, 1e-4, (COUNT, len(NAMES)))
TIME = np.arange(COUNT)


def performance() -> Signs:
    """A face that talks, smiles, blinks twice, lifts its brows and looks around: [frames, 7]."""
    openness = 0.3 - 0.27 * np.isin(TIME, (8, 9, 25, 26))
    mouth, smile, brow = 0.1 + 0.1 * np.sin(TIME / 2), 1 + 0.1 * np.sin(TIME / 9), 0.3 + 0.05 * np.cos(TIME / 5)
    return np.stack([mouth, smile, openness, brow, openness, openness, 0.1 * np.sin(TIME / 7)], axis=1)


def people_of(render: Signs, plate: Signs | None = None, cut: int = COUNT) -> tuple[acting.Person, ...]:
    """One person up to `cut`, another from there on."""
    plate = performance() if plate is None else plate
    collected = Acting()
    for frame in range(len(plate)):
        signs = np.stack([plate[frame], render[frame], plate[frame] + NOISE[frame]])
        collected.add(frame, int(frame >= cut), signs)
    return collected.people()


def figures_of(render: Signs, plate: Signs | None = None, cut: int = COUNT) -> dict[str, CurveFigures]:
    return {curve.name: curve for curve in curve_figures(people_of(render, plate, cut))}


def known(value: float | None) -> float:
    assert value is not None
    return value


def test_the_same_performance_is_kept_whole() -> None:
    figures = figures_of(performance())
    for curve in figures.values():
        assert (curve.timing.value, curve.strength.value, curve.kept.value) == pytest.approx((1, 1, 1))
        assert 0.99 < known(curve.timing.ceiling) < 1
    assert known(expression_kept(tuple(figures.values())).value) == pytest.approx(1)


def test_a_flatter_mouth_keeps_its_timing_and_loses_its_strength() -> None:
    flat = performance()
    flat[:, 0] = 0.2 + 0.4 * flat[:, 0]
    mouth = figures_of(flat)["mouth"]
    assert known(mouth.timing.value) == pytest.approx(1)
    assert known(mouth.strength.value) == pytest.approx(0.4)
    assert known(mouth.kept.value) == pytest.approx(2 * 0.4 / (1 + 0.4**2))


def test_a_late_mouth_loses_its_timing() -> None:
    late = performance()
    late[:, 0] = np.roll(late[:, 0], 3)
    figures = figures_of(late)
    assert known(figures["mouth"].timing.value) < 0.3
    assert known(figures["smile"].timing.value) == pytest.approx(1)
    assert known(expression_kept(tuple(figures.values())).value) < 0.85


def test_another_size_of_mouth_after_a_cut_is_not_acting() -> None:
    """A still mouth that lies higher in the second set-up, in plate and render alike, does not move."""
    plate = performance()
    plate[:, 0] = np.where(TIME < 20, 0.1, 0.4)
    assert figures_of(plate, plate, cut=20)["mouth"].kept.reason == acting.STILL


@pytest.mark.parametrize("curve", range(len(CURVES)))
def test_what_does_not_move_in_the_plate_has_a_reason_and_no_number(curve: int) -> None:
    plate = performance()
    plate[:, curve] = plate[0, curve]
    figures = figures_of(performance(), plate)
    for figure in (figures[CURVES[curve]].timing, figures[CURVES[curve]].strength, figures[CURVES[curve]].kept):
        assert (figure.value, figure.ceiling, figure.reason) == (None, None, acting.STILL)
    assert len([one for one in figures.values() if one.kept.value is not None]) == len(CURVES) - 1


def test_movement_within_the_noise_does_not_count() -> None:
    plate = performance()
    plate[:, 0] = 0.1 + 0.012 * np.sin(TIME)
    noisy = Acting()
    jitter = np.random.default_rng(6).normal(0, 0.01, COUNT)
    for frame in range(COUNT):
        copy = plate[frame] + jitter[frame] * (np.arange(len(NAMES)) == 0)
        noisy.add(frame, 0, np.stack([plate[frame], plate[frame], copy]))
    mouth = curve_figures(noisy.people())[0]
    assert known(mouth.amplitude) > LEAST_AMPLITUDE["mouth"]
    assert mouth.kept.reason == acting.STILL


def test_a_frozen_render_stands_still_and_keeps_nothing() -> None:
    frozen = np.repeat(performance()[:1], COUNT, axis=0)
    figures = figures_of(frozen)
    assert (figures["mouth"].timing.value, figures["mouth"].timing.reason) == (None, acting.STILL_RENDER)
    assert figures["mouth"].strength.value == pytest.approx(0)
    assert known(expression_kept(tuple(figures.values())).value) == pytest.approx(0)


def without_face(signs: Signs, frames: NDArray[np.bool_]) -> Signs:
    return np.where(frames[:, None], np.nan, signs)


def test_lost_faces_lower_the_coverage_and_leave_the_rest_alone() -> None:
    render = without_face(performance(), TIME % 4 == 0)
    assert faces_found(people_of(render)).value == pytest.approx(0.75)
    assert known(figures_of(render)["mouth"].timing.value) == pytest.approx(1)


def test_a_render_without_faces_gets_words() -> None:
    people = people_of(without_face(performance(), TIME >= 0))
    kept = expression_kept(curve_figures(people))
    assert faces_found(people).value == 0
    assert (kept.value, kept.reason) == (None, acting.NO_FACE)


def test_a_few_frames_are_too_few() -> None:
    short = performance()[:5]
    assert {one.kept.reason for one in figures_of(short, short).values()} == {acting.TOO_SHORT}


def test_likeness_of_curves_without_movement() -> None:
    moving, still = np.array([-1.0, 0.0, 1.0], np.float64), np.zeros(3)
    assert likeness(still, moving) == (None, None, None)
    assert likeness(moving, still) == (None, 0, 0)
    assert likeness(moving, -2.0 * moving) == pytest.approx((-1, -2, -0.8))


@pytest.mark.parametrize("shift", [-5, -1, 0, 2, 9])
def test_the_lag_is_exact_to_a_frame(shift: int) -> None:
    """A movement that never repeats, rendered some frames later or earlier, over a cut."""
    plate = performance()
    plate[:, 0] = 0.2 + np.cumsum(np.random.default_rng(11).normal(0, 0.03, COUNT))
    render = plate.copy()
    render[:, 0] = np.interp(TIME - shift, TIME, plate[:, 0])
    mouth = figures_of(render, plate)["mouth"]
    assert (mouth.lag.value, mouth.lag.ceiling) == (shift, 0)


def test_a_movement_of_its_own_has_no_lag() -> None:
    other = performance()
    other[:, 0] = np.random.default_rng(12).normal(0.1, 0.05, COUNT)
    assert figures_of(other)["mouth"].lag.reason == acting.UNLIKE


def test_one_eye_that_stays_open_shows_in_that_eye_alone() -> None:
    render = performance()
    render[:, NAMES.index("blink left")] = 0.3
    left, right, gaze = finer_figures(people_of(render))
    assert (left.name, left.timing.reason) == ("blink left", acting.STILL_RENDER)
    assert known(right.kept.value) == pytest.approx(1)
    assert known(gaze.kept.value) == pytest.approx(1)
    assert gaze.coverage == 1


def test_eyes_that_look_the_other_way_are_not_kept() -> None:
    render = performance()
    render[:, NAMES.index("gaze")] *= -1
    gaze = finer_figures(people_of(render))[2]
    assert known(gaze.timing.value) == pytest.approx(-1)


def test_coverage_is_the_share_of_values_that_the_render_has() -> None:
    render = without_face(performance(), TIME % 4 == 0)
    assert figures_of(render)["mouth"].coverage == pytest.approx(0.75)
