"""Noise depends on its seed, pass, moment and, where asked for, frame: on nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pipeline.engine.batch import Noise
from pipeline.engine.noise import START, draw

FIXED = Noise("fixed", seed=7, pass_name="body")
PER_FRAME = Noise("per_frame", seed=7, pass_name="body")
SHAPE = (4, 8, 12)


def test_fixed_noise_is_the_same_for_every_frame_and_batch() -> None:
    noise = draw(FIXED, START, (0, 1, 2), SHAPE)
    assert noise.shape == (3, *SHAPE) and noise.dtype == torch.float32
    assert torch.equal(noise[0], noise[2])
    assert torch.equal(draw(FIXED, START, (40,), SHAPE)[0], noise[0])


def test_per_frame_noise_depends_on_the_frame_and_not_on_its_place() -> None:
    noise = draw(PER_FRAME, START, (4, 5, 6), SHAPE)
    assert not torch.equal(noise[0], noise[1])
    assert torch.equal(draw(PER_FRAME, START, (6, 4), SHAPE), noise[[2, 0]])


@pytest.mark.parametrize("other", [replace(FIXED, seed=8), replace(FIXED, pass_name="face")])
def test_seed_and_pass_change_the_noise(other: Noise) -> None:
    assert not torch.equal(draw(other, START, (0,), SHAPE), draw(FIXED, START, (0,), SHAPE))


def test_every_step_has_its_own_noise_whatever_was_drawn_before() -> None:
    first = draw(FIXED, 3, (0,), SHAPE)
    assert not torch.equal(first, draw(FIXED, 4, (0,), SHAPE))
    assert not torch.equal(first, draw(FIXED, START, (0,), SHAPE))
    torch.manual_seed(99)
    assert torch.equal(first, draw(FIXED, 3, (0,), SHAPE))


def test_the_noise_is_standard_normal() -> None:
    noise = draw(FIXED, START, (0,), (4, 64, 64))
    assert abs(noise.mean().item()) < 0.03 and abs(noise.std().item() - 1) < 0.03
