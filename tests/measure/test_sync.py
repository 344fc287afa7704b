"""Lip sync on synthetic speech."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pipeline.frames import FrameRange
from pipeline.measure import sync
from pipeline.measure.acting import STILL, Acting, Person, curve_figures
from pipeline.measure.compare import Curve
from pipeline.measure.expression import BLINKS, NAMES, Signs
from pipeline.measure.sync import LipSync, Sounds, detrended, lip_sync

FIRST, COUNT = 50, 100
RATE = Fraction(24)
FRAMES = FrameRange(FIRST, FIRST + COUNT - 1)


def speech() -> Curve:
    """Loudness in decibels: syllables that never repeat, between -45 and 0."""
    steps = np.convolve(np.random.default_rng(7).normal(size=COUNT), np.hanning(7), "same")
    return np.clip(-20 + 10 * steps, -45, 0)


def face(mouth: Curve) -> Signs:
    signs = np.zeros((COUNT, len(NAMES)))
    signs[:, BLINKS] = 0.3
    signs[:, 0] = mouth
    return signs


def mouths(late: int) -> Curve:
    """A mouth that follows the speech some frames late, on top of a mood that comes and goes."""
    frames = np.arange(COUNT)
    mood = 0.2 * np.sin(frames / 30)
    return 0.3 + mood + 0.004 * np.interp(frames - late, frames, speech())


def people(plate: Curve, render: Curve) -> tuple[Person, ...]:
    acting, noise = Acting(), np.random.default_rng(8).normal(0, 1e-4, COUNT)
    clips = np.stack([face(plate), face(render), face(plate + noise)])
    for index in range(COUNT):
        acting.add(FIRST + index, 0, clips[:, index])
    return acting.people()


def synced(plate: Curve, render: Curve, sound: Curve | None = None, own_sound: Curve | None = None) -> LipSync:
    found = people(plate, render)
    sounds = Sounds(FRAMES, RATE, speech() if sound is None else sound, own_sound)
    return lip_sync(found, curve_figures(found)[0], sounds)


@pytest.mark.parametrize("late", [-6, -1, 0, 3, 8])
def test_the_lag_is_exact_to_a_frame_before_and_after(late: int) -> None:
    found = synced(mouths(1), mouths(late))
    assert (found.plate_lag, found.lag.value, found.lag.ceiling) == (1, late, 1)
    assert found.correlation.value is not None and found.correlation.value > 0.9


def test_the_renders_own_sound_is_what_its_mouth_is_held_against() -> None:
    assert synced(mouths(0), mouths(0), own_sound=np.roll(speech(), 4)).lag.value == -4


def test_without_sound_movement_or_a_face_there_are_words() -> None:
    moving, still = mouths(0), np.full(COUNT, 0.2)
    assert synced(moving, moving, np.full(COUNT, -60.0)).lag.reason == sync.SILENT
    assert lip_sync(people(moving, moving), None, Sounds(FRAMES, RATE, None, None)).lag.reason == sync.SILENT
    assert lip_sync((), None, Sounds(FRAMES, RATE, speech(), None)).lag.reason == sync.NOBODY
    assert synced(still, moving).correlation.reason == STILL


def test_mouths_that_do_not_follow_the_sound_have_no_lag() -> None:
    chewing = 0.2 + 0.05 * np.random.default_rng(21).normal(size=COUNT)
    assert synced(chewing, mouths(0)).lag.reason == sync.APART
    apart = synced(mouths(0), chewing)
    assert (apart.lag.reason, apart.lag.ceiling, apart.plate_lag) == (sync.APART_RENDER, 0, 0)


def test_detrending_takes_the_mean_around_away() -> None:
    curve = np.array([0.0, 2.0, 4.0, np.nan, 8.0])
    assert detrended(curve, 1) == pytest.approx([-1, 0, 1, np.nan, 0], nan_ok=True)
