"""The colours of skin and hair in the loss, against errors whose size is known."""

from __future__ import annotations

import pytest
import torch

from training.characters.colours import CELL, coarse_error


def parts(share: float = 1.0) -> torch.Tensor:
    """A face of 8x8 latents and hair of 2x8 above it, in 16x16."""
    made = torch.zeros(1, 2, 16, 16)
    made[:, 0, 4:12, 4:12] = share
    made[:, 1, 2:4, 4:12] = share
    return made


def test_an_even_error_counts_its_square_in_each_part() -> None:
    assert coarse_error(torch.full((1, 4, 16, 16), 0.5), parts()).item() == pytest.approx(2 * 0.25)


def test_little_hair_counts_as_much_as_a_large_face() -> None:
    in_face, in_hair = torch.zeros(1, 4, 16, 16), torch.zeros(1, 4, 16, 16)
    in_face[..., 4:12, 4:12] = 1
    in_hair[..., 2:4, 4:12] = 1
    assert coarse_error(in_face, parts()).item() == pytest.approx(coarse_error(in_hair, parts()).item())


def test_clothes_and_walls_do_not_count() -> None:
    error = torch.ones(1, 4, 16, 16)
    error[..., 2:12, 4:12] = 0
    assert coarse_error(error, parts()).item() == 0


def test_fine_structure_does_not_count() -> None:
    checks = (torch.arange(16)[:, None] + torch.arange(16)) % 2 * 2.0 - 1
    assert CELL == 2
    assert coarse_error(checks.expand(1, 4, 16, 16), parts()).item() == pytest.approx(0)


def test_what_is_not_there_counts_nothing() -> None:
    assert coarse_error(torch.ones(3, 4, 16, 16), torch.zeros(3, 2, 16, 16)).tolist() == [0, 0, 0]
