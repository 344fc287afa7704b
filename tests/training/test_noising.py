"""Noise levels and tasks of the denoiser."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from training.noising import CARRY_SIGMAS, Task, carry, plain, timestep_of, train_sigmas


def pair_of_latents() -> tuple[torch.Tensor, torch.Tensor]:
    """Two looks of eight pictures."""
    generator = torch.Generator().manual_seed(3)
    source = torch.randn(8, 8, 4, 4, generator=generator)
    return source, source + 0.5 * torch.randn(8, 8, 4, 4, generator=generator)


def test_levels_are_those_of_stable_diffusion() -> None:
    """Smallest and largest noise level as published for SD 1.5."""
    levels = train_sigmas()
    assert levels[0].item() == pytest.approx(0.029167, abs=1e-5)
    assert levels[-1].item() == pytest.approx(14.614641, rel=1e-5)


def test_timesteps_undo_the_levels() -> None:
    """A whole timestep's level gives that timestep back; between two levels it lies between."""
    levels = train_sigmas()
    assert torch.allclose(timestep_of(levels), torch.arange(1000.0), atol=0.02)
    assert 700 < timestep_of((levels[700:701] * levels[701:702]).sqrt()).item() < 701


@pytest.mark.parametrize("carried", [False, True])
def test_epsilon_leads_to_the_target(carried: bool) -> None:
    """Whoever says epsilon has said the target: noisy - sigma * epsilon."""
    source, target = pair_of_latents()
    generator = torch.Generator().manual_seed(0)
    task = carry(source, target, generator) if carried else plain(target, generator)
    assert torch.allclose(task.noisy - task.sigma[:, None, None, None] * task.epsilon, target, atol=1e-4)


def test_carry_is_the_path_of_a_sampler_that_knows_the_target() -> None:
    """Euler from source + s * noise, guessing the target at every step, passes through the carry states."""
    source, target = pair_of_latents()
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
    levels = torch.linspace(2.9183, 0.5, 7)
    state = source + levels[0] * noise
    for before, after in pairwise(levels):
        state = state + (state - target) / before * (after - before)
    assert torch.allclose(state, target + levels[-1] * (noise + (source - target) / levels[0]), atol=1e-5)


def test_carry_starts_on_the_source() -> None:
    """Some samples stand at the very start: source plus noise of their level, so the epsilon holds no surprise."""
    source, target = torch.zeros(4000, 1, 1, 1), torch.ones(4000, 1, 1, 1)
    task = carry(source, target, torch.Generator().manual_seed(0))
    low, high = CARRY_SIGMAS
    assert task.epsilon.mean().item() == pytest.approx(-(1 / low - 1 / high) / math.log(high / low), abs=0.1)
    assert np.isfinite(task.epsilon.numpy()).all()
    assert 0.01 < task.sigma.min().item() < 0.2
    assert task.sigma.max().item() <= 5.0


def test_weight_falls_only_where_the_picture_is_nearly_clean() -> None:
    """Min-SNR with limit 5: weight 1 above sigma = 1/sqrt(5), 5 sigma^2 below."""
    sigma = torch.tensor([10.0, 1.0, 0.1])
    empty = torch.zeros(3, 1, 1, 1)
    assert torch.allclose(Task(empty, empty, sigma).weight(5.0), torch.tensor([1.0, 1.0, 0.05]))
    assert torch.equal(Task(empty, empty, sigma).weight(0), torch.ones(3))
