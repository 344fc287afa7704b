from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.filters.deflicker import deflickered
from pipeline.filters.local_deflicker import locally_deflickered
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Deflicker, LocalDeflicker
from tests.filters.clips import SIZE, panned, scene_of, stream_of


def jumps(pictures: list[FloatPicture], truth: list[FloatPicture]) -> float:
    """The mean jump, in brightness and colour, from frame to frame that the truth does not have."""
    means = np.array([(p - t).mean((0, 1)) for p, t in zip(pictures, truth, strict=True)])
    return float(np.abs(np.diff(means, axis=0)).mean())


def test_jumps_of_brightness_and_colour_are_taken_away() -> None:
    truth = panned(30)
    gains = np.exp(np.random.default_rng(3).normal(0, 0.05, (30, 3))).astype(np.float32)
    shaken = [picture * gain for picture, gain in zip(truth, gains, strict=True)]
    made = [m.pixels for m in deflickered(stream_of(shaken), Deflicker(), scene_of(shaken))]
    assert jumps(made, truth) < 0.2 * jumps(shaken, truth)


def test_a_fade_stays_a_fade() -> None:
    faded = [picture * np.float32(0.97**n) for n, picture in enumerate(panned(24, speed=0))]
    made = [m.pixels for m in deflickered(stream_of(faded), Deflicker(), scene_of(faded))]
    assert np.abs(np.array(made) - np.array(faded)).max() < 0.01


def test_a_cut_to_a_darker_shot_is_no_flicker() -> None:
    pictures = panned(8) + [0.4 * picture for picture in panned(8)]
    made = [m.pixels for m in deflickered(stream_of(pictures), Deflicker(), scene_of(pictures, cuts=[8]))]
    assert np.abs(np.array(made) - np.array(pictures)).max() < 0.02


def flickering(truth: list[FloatPicture], levels: float) -> list[FloatPicture]:
    """The clip under brightness that differs from place to place and from frame to frame."""
    generator = np.random.default_rng(5)
    made = []
    for picture in truth:
        coarse = generator.normal(0, levels / 255, (6, 10)).astype(np.float32)
        made.append(picture + cv2.resize(coarse, (SIZE[1], SIZE[0]), interpolation=cv2.INTER_CUBIC)[..., None])
    return made


def roughness(pictures: list[FloatPicture], truth: list[FloatPicture]) -> float:
    """How much the difference to the truth changes from frame to frame."""
    errors = np.array(pictures) - np.array(truth)
    return float(np.abs(np.diff(errors, axis=0)).mean())


@pytest.fixture(scope="module")
def evened() -> tuple[list[FloatPicture], list[FloatPicture], list[FloatPicture]]:
    """Truth, flickering clip, and what the filter makes of it; the first and last frames left out."""
    truth = panned(24)
    shaken = flickering(truth, 5)
    settings = LocalDeflicker(reach=8)
    made = [m.pixels for m in locally_deflickered(stream_of(shaken), settings, scene_of(truth))]
    return truth[4:-4], shaken[4:-4], made[4:-4]


def test_most_local_flicker_is_taken_away(evened: tuple[list[FloatPicture], ...]) -> None:
    truth, shaken, made = evened
    assert roughness(made, truth) < 0.2 * roughness(shaken, truth)


def test_detail_and_motion_are_left_alone() -> None:
    truth = panned(16)
    made = [m.pixels for m in locally_deflickered(stream_of(truth), LocalDeflicker(), scene_of(truth))]
    for true, picture in zip(truth, made, strict=True):
        fine = [p - cv2.GaussianBlur(p, (0, 0), 2) for p in (true, picture)]
        assert 0.99 < fine[1].std() / fine[0].std() < 1.01
    moved = [np.abs(np.diff(np.array(clip), axis=0)).mean() for clip in (truth, made)]
    assert 0.99 < moved[1] / moved[0] < 1.01


def test_nothing_is_blended_over_a_cut() -> None:
    pictures = panned(6) + [1 - picture for picture in panned(6)]
    made = [m.pixels for m in locally_deflickered(stream_of(pictures), LocalDeflicker(), scene_of(pictures, cuts=[6]))]
    alone = [m.pixels for m in locally_deflickered(stream_of(pictures[:6]), LocalDeflicker(), scene_of(pictures[:6]))]
    assert (np.array(made[:6]) == np.array(alone)).all()
