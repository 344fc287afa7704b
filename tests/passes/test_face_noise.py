"""Noise that keeps to a face: it moves, turns and grows with it, and stays standard normal."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.engine import noise
from pipeline.engine.batch import Noise
from pipeline.frames import Crop
from pipeline.passes.face_noise import face_space

SIZE = 256
CELLS = SIZE // 8
CROP = Crop(300.0, 200.0, 160.0, 0.0)
SETTINGS = Noise("face_space", 1, "face")


def drawn(crops: list[Crop], faces: list[Crop], moment: str | int = noise.START) -> torch.Tensor:
    return noise.read(SETTINGS, moment, face_space(crops, faces, SIZE), 4)


def test_a_face_that_stays_on_its_canvas_has_the_same_noise() -> None:
    moved = Crop(350.0, 120.0, 190.0, 20.0)
    first, second = drawn([CROP, moved], [CROP, moved])
    assert torch.equal(first, second)


@pytest.mark.parametrize(("columns", "rows"), [(3, 0), (-2, 5)])
def test_noise_moves_with_the_face_by_whole_cells(columns: int, rows: int) -> None:
    cell = CROP.side / CELLS
    shifted = Crop(CROP.x + columns * cell, CROP.y + rows * cell, CROP.side, 0.0)
    still, moved = drawn([CROP, CROP], [CROP, shifted])
    assert torch.equal(moved, torch.roll(still, (rows, columns), (1, 2)))


def test_noise_turns_with_the_face() -> None:
    still, turned = drawn([CROP, CROP], [CROP, Crop(CROP.x, CROP.y, CROP.side, 90.0)])
    inner = slice(1, CELLS - 1)
    alike = torch.corrcoef(
        torch.stack([torch.rot90(still, 1, (1, 2))[:, inner, inner], turned[:, inner, inner]]).flatten(1)
    )
    assert alike[0, 1] > 0.4, "one of the two noises, set off by half a cell, lands a cell further"


@pytest.mark.parametrize("face", [CROP, Crop(303.7, 195.2, 171.0, 13.0), Crop(320.0, 200.0, 140.0, -30.0)])
def test_noise_stays_standard_normal(face: Crop) -> None:
    values = torch.cat([drawn([CROP], [face], moment) for moment in range(8)])
    assert abs(float(values.mean())) < 0.03
    assert float(values.std()) == pytest.approx(1, abs=0.03)


def test_a_small_move_changes_some_of_the_noise_only() -> None:
    near = Crop(CROP.x + 0.3 * CROP.side / CELLS, CROP.y, CROP.side, 0.0)
    still, moved = drawn([CROP, CROP], [CROP, near])
    share = torch.corrcoef(torch.stack([still, moved]).flatten(1))[0, 1]
    assert 0.45 < float(share) <= 1.0


def test_places_are_whole_cells_of_one_field() -> None:
    carried = face_space([CROP] * 3, [Crop(10.0, 900.0, 500.0, 77.0)] * 3, SIZE)
    assert carried.origins.shape == (3, 2, CELLS, CELLS, 3) and carried.origins.dtype == np.int32
    assert (carried.origins[..., 0] == 0).all()
    assert carried.origins[..., 1:].min() >= 0 and carried.origins[..., 1:].max() < CELLS
    assert all(sum(s * s for s in shares) == pytest.approx(1) for shares in carried.shares)
