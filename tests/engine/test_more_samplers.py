"""DPM++ 2M, Karras, DDIM and LCM against the schedulers of diffusers, on the tiny networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, LCMScheduler
from diffusers.schedulers import scheduling_lcm

from pipeline.engine.batch import Batch
from pipeline.engine.latents import encode
from pipeline.engine.noise import START, draw
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule, aim
from pipeline.models.store import ModelStore
from pipeline.recipe.passes import Sampler
from tests.engine.batches import latents_of, make_batch

BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def scheduler_for(sampler: Sampler, steps: int) -> Any:
    """The scheduler of diffusers, at the engine's levels."""
    if sampler == "ddim":
        ddim = DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
        ddim.set_timesteps(steps)
        return ddim
    if sampler == "lcm":
        lcm = LCMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=True, original_inference_steps=50)
        lcm.set_timesteps(steps)
        return lcm
    full = Schedule.full(steps, sampler)
    multistep = DPMSolverMultistepScheduler(
        **BETAS, solver_order=2, lower_order_final=False, final_sigmas_type="zero", timestep_spacing="linspace"
    )
    multistep.set_timesteps(steps)
    multistep.sigmas, multistep.timesteps = torch.tensor(full.sigmas), torch.tensor(full.timesteps)
    return multistep


@torch.no_grad()
def stock(batch: Batch, residency: Residency, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The finished latents by the scheduler of diffusers, from the same noise over the same tail of the schedule."""
    sampling, resident = batch.sampling, residency.checkpoint(batch.checkpoint)
    schedule = Schedule.for_strength(sampling.steps, sampling.strength, sampling.sampler)
    scheduler, first = scheduler_for(sampling.sampler, sampling.steps), sampling.steps - len(schedule)
    assert scheduler.timesteps[first:].tolist() == pytest.approx(list(schedule.timesteps))
    source = encode(resident.networks.vae, batch.pictures)
    drawn = iter(draw(batch.noise, step, batch.frames, tuple(source.shape[1:])) for step in range(len(schedule)))
    monkeypatch.setattr(scheduling_lcm, "randn_tensor", lambda *shape, **more: next(drawn))
    text = resident.prompts.encode((batch.negative_prompt, batch.prompt), 1).repeat_interleave(len(source), 0)
    start = draw(batch.noise, START, batch.frames, tuple(source.shape[1:]))
    x = (source + schedule.sigmas[0] * start) / (1 + schedule.sigmas[0] ** 2) ** 0.5
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    for time in scheduler.timesteps[first:]:
        said = resident.networks.unet(torch.cat([x, x]), time, text, return_dict=False)[0]
        negative, positive = said.chunk(2)
        x = scheduler.step(negative + sampling.guidance_scale * (positive - negative), time, x, return_dict=False)[0]
    return x.numpy()


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm"])
@pytest.mark.parametrize("strength", [1.0, 0.65])
def test_latents_are_those_of_diffusers(
    store: ModelStore, residency: Residency, sampler: Sampler, strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_batch(store, steps=8, strength=strength, sampler=sampler, guidance_scale=2.0)
    ours, theirs = latents_of(batch, residency), stock(batch, residency, monkeypatch)
    assert ours.std() > 0.1
    assert np.abs(ours - theirs).max() <= 1e-4


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm"])
def test_a_frame_is_the_same_alone_and_among_others(store: ModelStore, residency: Residency, sampler: Sampler) -> None:
    batch = make_batch(store, count=3, steps=6, sampler=sampler, guidance_scale=2.0)
    together, alone = latents_of(batch, residency), latents_of(batch.part(1, 2), residency)
    assert np.abs(together[1] - alone[0]).max() <= 1e-4


def test_karras_levels_are_those_of_the_paper() -> None:
    schedule = Schedule.full(11, "dpmpp_2m_karras")
    ramp = np.linspace(0, 1, 11)
    ends = 14.614641 ** (1 / 7), 0.029167 ** (1 / 7)
    expected = (ends[0] + ramp * (ends[1] - ends[0])) ** 7
    assert np.allclose(schedule.sigmas[:-1], expected, rtol=3e-5)
    assert schedule.sigmas[-1] == 0 and schedule.timesteps[0] == pytest.approx(999)
    assert list(schedule.timesteps) == sorted(schedule.timesteps, reverse=True)


def test_the_time_of_a_karras_level_is_the_inverse_of_the_schedule() -> None:
    karras, dense = Schedule.full(20, "dpmpp_2m_karras"), Schedule.full(99_901)
    nearest = [int(np.abs(np.array(dense.sigmas) - sigma).argmin()) for sigma in karras.sigmas[:-1]]
    assert np.allclose([dense.timesteps[i] for i in nearest], karras.timesteps, atol=0.02)


@pytest.mark.parametrize(
    ("sampler", "steps", "times"),
    [
        ("ddim", 5, (801, 601, 401, 201, 1)),
        ("ddim", 3, (667, 334, 1)),
        ("lcm", 4, (999, 759, 499, 259)),
        ("lcm", 2, (999, 499)),
    ],
)
def test_ddim_and_lcm_take_the_times_they_are_known_for(sampler: Sampler, steps: int, times: tuple[int, ...]) -> None:
    assert Schedule.full(steps, sampler).timesteps == times


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm"])
def test_every_number_of_steps_has_a_falling_schedule(sampler: Sampler) -> None:
    for steps in range(1, 151):
        schedule = Schedule.full(steps, sampler)
        assert len(schedule) == steps and min(schedule.timesteps) >= 0
        assert all(a > b for a, b in zip(schedule.sigmas, schedule.sigmas[1:], strict=False)) or steps == 1


def test_the_second_order_aim_is_exact_where_the_picture_moves_evenly_in_log_sigma() -> None:
    """Where the denoised value is a straight line in log sigma, carrying it on by half a step meets its middle."""
    sigmas = (8.0, 4.0, 1.0, 0.0)
    values = [torch.tensor(np.log(sigma)) for sigma in sigmas[:3]]
    middle = (np.log(4.0) + np.log(1.0)) / 2
    assert aim("dpmpp_2m", values[1], values[0], sigmas, 1).item() == pytest.approx(middle)
    assert aim("dpmpp_2m", values[2], values[1], sigmas, 2) is values[2]
