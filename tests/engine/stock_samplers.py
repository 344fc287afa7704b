"""The stock schedulers that do what the engine's samplers do, at the engine's noise levels."""

from __future__ import annotations

from typing import Any

import torch

from pipeline import torchvision_ops
from pipeline.engine.samplers import Schedule
from pipeline.recipe.passes import Sampler

torchvision_ops.declare()

from diffusers import (  # noqa: E402
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
)

BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def scheduler_for(sampler: Sampler) -> Any:
    """The scheduler of a sampler. DDIM and LCM have the engine's levels by themselves."""
    if sampler == "ddim":
        return DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    if sampler == "lcm":
        return LCMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=True, original_inference_steps=50)
    if sampler == "euler":
        return levelled(EulerDiscreteScheduler, sampler)
    if sampler == "euler_a":
        return levelled(EulerAncestralDiscreteScheduler, sampler)
    multistep = {"solver_order": 2, "lower_order_final": False, "final_sigmas_type": "zero"}
    return levelled(DPMSolverMultistepScheduler, sampler, **multistep)


def levelled(kind: Any, sampler: Sampler, **options: Any) -> Any:
    """A scheduler that takes the engine's levels where a pipeline asks for `num_inference_steps`."""

    class Levelled(kind):
        def set_timesteps(self, num_inference_steps: int, device: Any = None, **more: Any) -> None:
            super().set_timesteps(num_inference_steps, device=device)
            full = Schedule.full(num_inference_steps, sampler)
            self.sigmas, self.timesteps = torch.tensor(full.sigmas), torch.tensor(full.timesteps)

    return Levelled(**BETAS, timestep_spacing="linspace", steps_offset=1, **options)


def start_scale(sampler: Sampler, sigma: float) -> float:
    """What a scheduler's latents at level `sigma` are divided by: most keep the variance that pictures have."""
    return 1.0 if sampler in ("euler", "euler_a") else (1 + sigma**2) ** 0.5
