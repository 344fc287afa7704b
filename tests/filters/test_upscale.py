"""Larger pictures: sizes, Lanczos against truth, a network's picture let into faces only a little."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.filters.stream import Moment
from pipeline.filters.upscale import enlarged, scaled_size
from pipeline.frames import FloatPicture, Mask


def large() -> FloatPicture:
    noise = np.random.default_rng(5).random((96, 128, 3)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 3).astype(np.float32)


def small() -> FloatPicture:
    return cv2.resize(large(), (64, 48), interpolation=cv2.INTER_AREA).astype(np.float32)


def once(pixels: FloatPicture, network=None, mask: Mask | None = None, let_in: float = 1.0) -> FloatPicture:  # noqa: ANN001
    return next(enlarged(iter([Moment(7, pixels)]), 2, network, lambda number: mask, let_in)).pixels


@pytest.mark.parametrize(("size", "scale", "wanted"), [((640, 360), 2, (1280, 720)), ((64, 36), 1.4, (90, 50))])
def test_even_sides_stay_even(size: tuple[int, int], scale: float, wanted: tuple[int, int]) -> None:
    assert scaled_size(*size, scale) == wanted
    assert scaled_size(65, 36, 1.0) == (65, 36)


def test_lanczos_gives_back_what_was_made_smaller() -> None:
    true = large()
    made = once(small())
    assert made.shape == true.shape
    assert np.abs(made - true)[8:-8, 8:-8].mean() < 0.004


def test_a_network_is_let_into_faces_only_as_far_as_asked() -> None:
    pixels = small()
    mask = np.zeros((48, 64), np.uint8)
    mask[12:36, 16:48] = 255

    def network(picture: FloatPicture) -> FloatPicture:
        return np.ones((4 * picture.shape[0], 4 * picture.shape[1], 3), np.float32)

    plain, made = once(pixels), once(pixels, network, mask, 0.25)
    assert made.shape == (96, 128, 3)
    assert made[:4, :4] == pytest.approx(1.0, abs=1e-5)
    face = np.s_[40:56, 56:72]
    assert made[face] == pytest.approx(plain[face] + 0.25 * (1 - plain[face]), abs=0.01)
    assert once(pixels, network, None, 0.25) == pytest.approx(1.0, abs=1e-5)
