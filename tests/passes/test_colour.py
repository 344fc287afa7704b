"""Auto1111's colour correction, and filling a mask from around it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.passes.colour import LUMA, _matched, colour_corrected, filled, with_luminosity


def scene(seed: int, light: float = 1.0, tint: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    """A soft picture of some colours, 96x96."""
    rough = np.random.default_rng(seed).uniform(60, 190, (12, 12, 3)).astype(np.float32)
    return (cv2.resize(rough, (96, 96), interpolation=cv2.INTER_CUBIC) * light * tint).clip(0, 255).astype(np.uint8)


def chroma(picture: np.ndarray) -> np.ndarray:
    """Mean a and b of Lab, in levels."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 1:].astype(float).mean((0, 1))


def test_a_tint_goes_and_the_light_stays() -> None:
    source, result = scene(1), scene(2, light=1.1, tint=(1.15, 1.0, 0.75))
    corrected = colour_corrected(result, source)
    assert np.abs(chroma(result) - chroma(source)).max() > 8
    assert np.abs(chroma(corrected) - chroma(source)).max() < 1.5
    assert np.abs(corrected @ LUMA - result @ LUMA).mean() < 1


def test_a_picture_with_its_own_colours_stays_as_it_is() -> None:
    picture = scene(3)
    assert np.abs(colour_corrected(picture, picture).astype(int) - picture).max() <= 3


def test_histograms_are_matched_as_scikit_image_matches_them() -> None:
    """Worked out by hand: shares 0.25, 0.75 and 1 of the one lie between and on those of the other, 0.5 and 1."""
    channel = np.array([[10, 20], [20, 30]], np.uint8)
    wanted = np.array([[100, 100], [200, 200]], np.uint8)
    assert _matched(channel, wanted).tolist() == [[100, 150], [150, 200]]


@pytest.mark.parametrize("light", [0.02, 0.5, 0.97])
def test_luminosity_is_exact_and_nothing_leaves_the_range(light: float) -> None:
    colours = np.random.default_rng(4).uniform(0, 1, (8, 8, 3)).astype(np.float32)
    out = with_luminosity(colours, np.full((8, 8), light, np.float32))
    assert out.min() >= 0 and out.max() <= 1
    assert np.abs(out @ LUMA - light).max() < 1e-4


def test_a_mask_is_filled_with_the_colours_that_are_nearest_around_it() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, :64], picture[:, 64:] = (200, 40, 40), (40, 40, 200)
    picture[32:96, 32:96] = 255
    mask = np.zeros((128, 128), np.uint8)
    mask[32:96, 32:96] = 255
    out = filled(picture, mask).astype(int)
    assert np.abs(out[64, 36] - (200, 40, 40)).max() < 60 and np.abs(out[64, 91] - (40, 40, 200)).max() < 60
    assert out.max() <= 205, "nothing of what was inside shows"
    assert np.array_equal(out[:24], picture[:24]), "far outside the picture stays as it is"
    across = np.abs(np.diff(out[64, 32:96], axis=0)).max()
    assert across < 40, "the two colours run into each other"


def test_what_was_inside_does_not_count() -> None:
    mask = np.zeros((96, 96), np.uint8)
    mask[24:72, 24:72] = 255
    one, other = scene(6), scene(6)
    other[24:72, 24:72] = 7
    assert np.array_equal(filled(one, mask), filled(other, mask))


def test_a_mask_over_everything_leaves_black() -> None:
    assert not filled(scene(5), np.full((96, 96), 255, np.uint8)).any()
