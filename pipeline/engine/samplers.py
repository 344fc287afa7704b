"""The noise schedule and the steps along it, as Auto1111 and k-diffusion have them.

Everything here is in k-diffusion's terms: a noisy latent is x = x0 + sigma * noise, and one step moves x along
(x - denoised) / sigma. Sources: k-diffusion `external.py` (the schedule), `sampling.py` (Euler, Euler ancestral),
Auto1111 `sd_samplers_common.py` (how many steps a denoising strength takes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from pipeline.recipe.passes import Sampler

TRAINING_STEPS = 1000
BETA_FIRST, BETA_LAST = 0.00085, 0.012
"""Stable Diffusion 1.5's noise: the square root of beta rises in a straight line ("scaled linear")."""
STRENGTH_LIMIT = 0.999
"""Auto1111 caps the denoising strength here, so that strength 1 takes `steps` steps and not one more."""


@dataclass(frozen=True)
class Schedule:
    """sigmas: noise levels, falling, the last one 0. timesteps: what the UNet is told at each level but the last."""

    sigmas: tuple[float, ...]
    timesteps: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.timesteps)

    @classmethod
    def full(cls, steps: int) -> Schedule:
        """`steps` levels from all noise to none, evenly spaced in (fractional) training time.

        Between the training steps log sigma is a straight line, so the time of a level is known without inverting.
        """
        betas = np.linspace(BETA_FIRST**0.5, BETA_LAST**0.5, TRAINING_STEPS) ** 2
        kept = np.cumprod(1 - betas)
        log_sigmas = 0.5 * np.log((1 - kept) / kept)
        times = np.linspace(TRAINING_STEPS - 1, 0, steps)
        sigmas = np.exp(np.interp(times, np.arange(TRAINING_STEPS), log_sigmas))
        return cls((*sigmas.tolist(), 0.0), tuple(times.tolist()))

    @classmethod
    def for_strength(cls, steps: int, strength: float) -> Schedule:
        """The tail of the full schedule that a denoising strength above 0 runs: int(strength * steps) + 1 steps."""
        full = cls.full(steps)
        start = steps - int(min(strength, STRENGTH_LIMIT) * steps) - 1
        return cls(full.sigmas[start:], full.timesteps[start:])


def landing(sampler: Sampler, sigma: float, sigma_next: float) -> tuple[float, float]:
    """(where a step from `sigma` lands, how much fresh noise is then added), so that the level ends at `sigma_next`.

    Euler lands on it. Euler a goes below it and comes back up with noise (k-diffusion `get_ancestral_step`, eta = 1).
    """
    if sampler == "euler":
        return sigma_next, 0.0
    up = min(sigma_next, math.sqrt(sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2))
    return math.sqrt(sigma_next**2 - up**2), up


def euler(x: Tensor, denoised: Tensor, sigma: float, sigma_next: float) -> Tensor:
    """One straight step from noise level `sigma` to `sigma_next`, towards `denoised`."""
    return x + (x - denoised) * ((sigma_next - sigma) / sigma)
