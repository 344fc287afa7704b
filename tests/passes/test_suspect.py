"""Frames that look like a fault: black, of one colour, the same twice; and the still or dark ones that are none."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import Picture
from pipeline.passes.suspect import Made, marks


def noise(seed: int, low: int = 0, high: int = 256) -> Picture:
    return np.random.default_rng(seed).integers(low, high, (16, 24, 3), np.uint8)


def plain(level: int) -> Picture:
    return np.full((16, 24, 3), level, np.uint8)


def made(results: dict[int, Picture], sources: dict[int, Picture]) -> dict[int, Made]:
    return {frame: Made(sources[frame], result) for frame, result in results.items()}


@pytest.mark.parametrize(
    ("result", "mark"), [(plain(0), "black"), (noise(1, 0, 9), "black"), (plain(128), "of one colour")]
)
def test_what_no_picture_looks_like_is_marked(result: Picture, mark: str) -> None:
    assert marks(made({7: result, 8: noise(2)}, {7: noise(3), 8: noise(4)})) == {7: mark}


def test_a_frame_that_repeats_while_the_plate_moves_is_marked() -> None:
    same = noise(1)
    assert marks(made({1: same, 2: same.copy(), 3: same}, {1: noise(2), 2: noise(3), 3: noise(3)})) == {
        2: "the same as the frame before"
    }
    assert marks(made({1: same, 3: same}, {1: noise(2), 3: noise(3)})) == {}, "they do not follow each other"


def test_dark_and_plain_plates_may_stay_so() -> None:
    assert marks(made({1: plain(0), 2: plain(40)}, {1: plain(2), 2: plain(90)})) == {}
    assert marks(made({1: noise(1)}, {1: noise(2)})) == {}
