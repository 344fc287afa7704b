"""Crossing from one render to another: shares at the seams, at cuts and at the ends, and layers mixed by them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.composite.crossing import SEAM, mixed_layer, mixed_matte, share_of
from pipeline.composite.over import over
from pipeline.frames import FrameRange, Layer

WHOLE, SETUP = FrameRange(0, 99), FrameRange(0, 63)


def shares(first: int, last: int, setup: FrameRange = SETUP, whole: FrameRange = WHOLE) -> list[float]:
    return [share_of(frame, FrameRange(first, last), whole, setup) for frame in range(first - 1, last + 2)]


def test_a_stretch_comes_and_goes_within_itself() -> None:
    assert SEAM == 3
    assert shares(20, 29) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]


def test_nothing_is_crossed_at_a_cut_or_at_an_end_of_the_version() -> None:
    assert shares(56, 63) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 0]
    assert shares(64, 70, FrameRange(64, 99))[1:4] == [1, 1, 1]
    assert shares(5, 12, whole=FrameRange(5, 12))[1:-1] == [1] * 8


def test_a_short_stretch_has_short_crossings_and_is_redone_in_its_middle() -> None:
    assert shares(20, 20) == [0, 1, 0]
    assert shares(20, 21) == [0, 1, 1, 0]
    assert shares(20, 22) == [0, 0.5, 1, 0.5, 0]
    assert shares(20, 24) == [
        0,
        pytest.approx(1 / 3),
        pytest.approx(2 / 3),
        1,
        *[pytest.approx(x / 3) for x in (2, 1)],
        0,
    ]


def layer(value: float, alpha: float) -> Layer:
    full = np.full((4, 6), alpha, np.float32)
    return Layer(7, "face", np.full((4, 6, 3), value, np.float32) * full[..., None], full)


def test_what_is_laid_over_goes_over_evenly() -> None:
    plate = np.full((4, 6, 3), 50, np.uint8)
    old, new = layer(0.2, 1.0), layer(0.8, 0.5)
    sides = [over(plate, [one]).astype(float) for one in (old, new)]
    for share in (0.25, 0.5, 0.75):
        made = over(plate, [mixed_layer(old, new, share)])
        assert np.abs(made - ((1 - share) * sides[0] + share * sides[1])).max() <= 1
    fading = over(plate, [mixed_layer(None, new, 0.25)])
    assert np.abs(fading - (0.75 * plate + 0.25 * sides[1])).max() <= 1


def test_mattes_are_mixed_too() -> None:
    old, new = np.zeros((2, 4), np.uint8), np.zeros((2, 4), np.uint8)
    old[:, :2], new[:, 1:3] = 255, 255
    assert mixed_matte(old, new, 0.25)[0].tolist() == [191, 255, 64, 0]
    assert mixed_matte(old, None, 0.75)[0].tolist() == [64, 64, 0, 0]
