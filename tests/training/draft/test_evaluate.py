"""The distances of the evaluation see what they name, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from training.draft.evaluate import distances, psnr


def grey(value: float) -> np.ndarray:
    """Two flat pictures."""
    return np.full((2, 64, 64, 3), value, np.uint8)


def test_equal_pictures_have_no_distance() -> None:
    """Nought for the picture itself."""
    picture = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    assert set(distances(picture, picture).values()) == {0.0}


def test_a_tint_is_colour() -> None:
    """Taking blue away from a grey changes colour most and texture not at all."""
    found = distances(grey(128), (grey(128) * np.array([1, 1, 0.7])).astype(np.uint8))
    assert found["colour"] > 10 > found["light"]
    assert found["texture"] == pytest.approx(0, abs=1e-4)


def test_brightness_is_light() -> None:
    """L* of sRGB greys: 128 is 53.6, 100 is 42.4."""
    found = distances(grey(128), grey(100))
    assert found["light"] == pytest.approx(11.2, abs=0.2)
    assert found["colour"] == pytest.approx(0, abs=0.1)


def test_grain_is_texture() -> None:
    """Fine noise changes neither colour nor light much."""
    noise = np.random.default_rng(0).normal(0, 12, (2, 64, 64, 1))
    found = distances(grey(128), (grey(128) + noise).round().astype(np.uint8))
    assert found["texture"] > 3
    assert found["light"] < 1.5


def test_psnr() -> None:
    """An error of 16 in 255 is 24.05 dB."""
    assert psnr(grey(100), grey(116)) == pytest.approx(24.05, abs=0.01)
