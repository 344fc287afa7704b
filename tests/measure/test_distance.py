"""Distance from the engine look against synthetic truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.frames import Box, Picture
from pipeline.measure.distance import distance, distance_step
from pipeline.measure.regions import FACE, REGIONS, WHOLE, parts_of

SIZE = (96, 128)
FACE_BOX = Box(48, 24, 40, 40)


@pytest.fixture
def plate() -> Picture:
    noise = np.random.default_rng(1).normal(size=(*SIZE, 3)).astype(np.float32)
    return np.clip(128 + 60 * cv2.GaussianBlur(noise, (0, 0), 2) / 0.2, 40, 210).astype(np.uint8)


def of(plate: Picture, other: Picture) -> dict[str, float]:
    people = np.zeros(SIZE, np.uint8)
    people[:, 32:112] = 255
    sums = distance_step((plate, other, plate), parts_of(people, [FACE_BOX]))
    read = {name: distance(sums[name]) for name in REGIONS}
    assert all(one is not None and one[0, 0] == one[0, 2] == 0 for one in read.values())
    return {name: float(one[0, 1]) for name, one in read.items() if one is not None}


def test_a_grade_is_as_far_as_it_is(plate: Picture) -> None:
    moved = of(plate, (plate + np.array([12, 0, 0])).astype(np.uint8))
    assert moved == pytest.approx(dict.fromkeys(REGIONS, np.sqrt(12**2 / 3)), rel=1e-3)


def test_a_face_that_changes_is_far_and_the_rest_is_not(plate: Picture) -> None:
    other = plate.copy()
    FACE_BOX.cut(other)[:] += 20
    moved = of(plate, other)
    assert moved[FACE] > 15
    assert moved["background"] < 0.1 * moved[WHOLE] < moved[FACE]


def test_grain_is_no_distance(plate: Picture) -> None:
    grain = np.random.default_rng(2).normal(0, 6, plate.shape)
    assert of(plate, np.clip(plate + grain, 0, 255).astype(np.uint8))[WHOLE] < 1.0


def test_where_nothing_is_nothing_is_said(plate: Picture) -> None:
    sums = distance_step((plate, plate, plate), parts_of(np.zeros(SIZE, np.uint8), []))
    assert distance(sums[FACE]) is None
