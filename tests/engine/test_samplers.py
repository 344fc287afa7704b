"""The schedule against Auto1111's printed values, and the steps along it against known results."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler

from pipeline.engine.samplers import Schedule, euler, landing

N25 = (
    "14.6146 11.4359 9.0768 7.3020 5.9489 4.9038 4.0861 3.4382 2.9183 2.4960 2.1486 1.8594 1.6156 1.4076 1.2281 1.0712"
    " .9324 .8080 .6951 .5911 .4936 .3997 .3058 .2035 .0292 0"
)
N30 = (
    "14.6146 11.9175 9.8142 8.1584 6.8430 5.7885 4.9356 4.2397 3.6669 3.1913 2.7931 2.4569 2.1705 1.9246 1.7116 1.5257"
    " 1.3619 1.2166 1.0865 .9691 .8622 .7640 .6730 .5877 .5067 .4286 .3515 .2722 .1835 .0292 0"
)


@pytest.mark.parametrize(("steps", "printed"), [(25, N25), (30, N30)])
def test_the_schedule_is_auto1111s_to_the_printed_digit(steps: int, printed: str) -> None:
    sigmas = Schedule.full(steps).sigmas
    assert len(sigmas) == steps + 1
    assert [round(sigma, 4) for sigma in sigmas] == [float(value) for value in printed.split()]


def test_the_schedule_spans_the_training_noise() -> None:
    schedule = Schedule.full(1000)
    assert schedule.sigmas[0] == pytest.approx(14.614641, abs=5e-7)
    assert schedule.sigmas[999] == pytest.approx(0.029167, abs=5e-7)
    assert schedule.timesteps[0] == 999 and schedule.timesteps[-1] == 0


@pytest.mark.parametrize(
    ("steps", "strength", "calls", "first"),
    [
        (25, 0.65, 17, 2.9183),
        (25, 0.63, 16, 2.4960),
        (30, 0.5, 16, 1.7116),
        (25, 1.0, 25, 14.6146),
        (25, 0.01, 1, 0.0292),
        (1, 0.5, 1, 14.6146),
        (1, 1.0, 1, 14.6146),
    ],
)
def test_strength_takes_auto1111s_tail(steps: int, strength: float, calls: int, first: float) -> None:
    schedule = Schedule.for_strength(steps, strength)
    assert len(schedule) == calls
    assert round(schedule.sigmas[0], 4) == first
    assert schedule.sigmas == Schedule.full(steps).sigmas[-calls - 1 :]


def unit_gaussian_denoised(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """The exact denoised value when the data are scalars of unit variance."""
    return x / (1 + sigma**2)


@pytest.mark.parametrize(("steps", "expected"), [(25, 0.946928), (50, 0.974009), (200, 0.994784)])
def test_euler_upwards_gives_the_known_inversion_of_a_unit_gaussian(steps: int, expected: float) -> None:
    rising = Schedule.full(steps).sigmas[-2::-1]
    x = torch.ones(1, dtype=torch.float64)
    for sigma, sigma_next in itertools.pairwise(rising):
        x = euler(x, unit_gaussian_denoised(x, sigma), sigma, sigma_next)
    assert (x / rising[-1]).item() == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("strength", "expected"), [(1.0, 0.8925), (0.65, 1.0964), (0.63, 1.1284)])
def test_euler_downwards_gives_the_known_round_trip(strength: float, expected: float) -> None:
    schedule = Schedule.for_strength(25, strength)
    part = schedule.sigmas[0] / Schedule.full(25).sigmas[0]
    x = torch.tensor([1 - part + 0.946928 * schedule.sigmas[0]], dtype=torch.float64)
    for sigma, sigma_next in itertools.pairwise(schedule.sigmas):
        x = euler(x, unit_gaussian_denoised(x, sigma), sigma, sigma_next)
    assert x.item() == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("step", [0, 12, 24])
def test_euler_a_is_the_ancestral_step_of_diffusers(step: int) -> None:
    sigmas, timesteps = Schedule.full(25).sigmas, Schedule.full(25).timesteps
    scheduler = EulerAncestralDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(25)
    scheduler.sigmas, scheduler.timesteps = torch.tensor(sigmas), torch.tensor(timesteps)
    scheduler.set_begin_index(step)
    generator = torch.Generator().manual_seed(3)
    x, predicted = torch.randn((2, 1, 4, 8, 8), generator=generator)
    scheduler.scale_model_input(x, scheduler.timesteps[step])
    state = generator.get_state()
    stock = scheduler.step(predicted, scheduler.timesteps[step], x, generator=generator, return_dict=False)[0]
    generator.set_state(state)

    level, fresh = landing("euler_a", sigmas[step], sigmas[step + 1])
    ours = euler(x, x - sigmas[step] * predicted, sigmas[step], level) + fresh * torch.randn(
        x.shape, generator=generator
    )
    assert torch.allclose(ours, stock, atol=2e-5)
    assert level**2 + fresh**2 == pytest.approx(sigmas[step + 1] ** 2)


def test_euler_a_ends_without_noise() -> None:
    assert landing("euler_a", 0.0292, 0.0) == (0.0, 0.0)
    assert np.isclose(landing("euler_a", 2.0, 1.0), (0.5, 0.75**0.5)).all()
