"""The noise schedule and the steps along it, as Auto1111 and k-diffusion have them.

Everything here is in k-diffusion's terms: a noisy latent is x = x0 + sigma * noise. Every sampler's step is a straight
one towards a point (`aim`), down to a level (`landing`), and perhaps back up with fresh noise. Sources: k-diffusion
`external.py` (the schedule), `sampling.py` (Euler, Euler ancestral, DPM++ 2M), Auto1111 `sd_samplers_common.py` (how
many steps a denoising strength takes), Karras et al. 2022, Song et al. 2021 (DDIM), Luo et al. 2023 (LCM).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipeline.recipe.passes import Sampler

TRAINING_STEPS = 1000
BETA_FIRST, BETA_LAST = 0.00085, 0.012
"""Stable Diffusion 1.5's noise: the square root of beta rises in a straight line ("scaled linear")."""
KARRAS_RHO = 7
LCM_LEVELS = 50
"""The noise levels that latent consistency models were distilled at."""
STRENGTH_LIMIT = 0.999
"""Auto1111 caps the denoising strength here, so that strength 1 takes `steps` steps and not one more."""


def training_log_sigmas() -> NDArray[np.float64]:
    """The logarithm of sigma at each training step, rising, [1000]."""
    betas = np.linspace(BETA_FIRST**0.5, BETA_LAST**0.5, TRAINING_STEPS) ** 2
    kept = np.cumprod(1 - betas)
    return 0.5 * np.log((1 - kept) / kept)


@dataclass(frozen=True)
class Schedule:
    """Noise levels. sigmas: falling, the last one 0, or next to it. timesteps: what the UNet is told at each but it."""

    sigmas: tuple[float, ...]
    timesteps: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.timesteps)

    @classmethod
    def full(cls, steps: int, sampler: Sampler = "euler") -> Schedule:
        """`steps` levels from all noise to none, as the sampler wants them.

        Between the training steps log sigma is a straight line, both ways.
        """
        logs = training_log_sigmas()
        if sampler == "dpmpp_2m_karras":
            sigmas = _karras(math.exp(logs[-1]), math.exp(logs[0]), steps)
            times = np.interp(np.log(sigmas), logs, np.arange(TRAINING_STEPS))
        else:
            times = _times(steps, sampler)
            sigmas = np.exp(np.interp(times, np.arange(TRAINING_STEPS), logs))
        last = math.exp(logs[0]) if sampler == "ddim" else 0.0
        return cls((*sigmas.tolist(), last), tuple(times.tolist()))

    @classmethod
    def for_strength(cls, steps: int, strength: float, sampler: Sampler = "euler") -> Schedule:
        """The tail of the full schedule that a denoising strength above 0 runs: int(strength * steps) + 1 steps."""
        full = cls.full(steps, sampler)
        start = steps - int(min(strength, STRENGTH_LIMIT) * steps) - 1
        return cls(full.sigmas[start:], full.timesteps[start:])


def top_sigma() -> float:
    """The highest noise level: of nothing but noise."""
    return math.exp(training_log_sigmas()[-1])


def time_of(sigma: float) -> float:
    """The fractional training step of a noise level above 0; log sigma is a straight line between the steps."""
    return float(np.interp(math.log(sigma), training_log_sigmas(), np.arange(TRAINING_STEPS)))


def _times(steps: int, sampler: Sampler) -> NDArray[np.float64]:
    """The times of the levels, falling. k-diffusion's are evenly spaced and fractional.

    DDIM's are every so many training steps from 1 up, LCM's are chosen from those that it was distilled at.
    """
    if sampler == "ddim":
        return np.minimum(np.arange(steps)[::-1] * (TRAINING_STEPS // steps) + 1.0, TRAINING_STEPS - 1)
    if sampler == "lcm":
        levels = np.arange(max(LCM_LEVELS, steps), 0, -1) * (TRAINING_STEPS // max(LCM_LEVELS, steps)) - 1.0
        return levels[np.floor(np.linspace(0, len(levels), steps, endpoint=False)).astype(int)]
    return np.linspace(TRAINING_STEPS - 1, 0, steps)


def _karras(highest: float, lowest: float, steps: int) -> NDArray[np.float64]:
    """Levels evenly spaced in sigma^(1/7) (Karras et al. 2022, equation 5)."""
    ends = highest ** (1 / KARRAS_RHO), lowest ** (1 / KARRAS_RHO)
    return np.linspace(*ends, steps) ** KARRAS_RHO


def landing(sampler: Sampler, sigma: float, sigma_next: float) -> tuple[float, float]:
    """(where a step from `sigma` lands, how much fresh noise is then added), so that the level ends at `sigma_next`.

    Most land on it. Euler a goes below it and comes back up with noise (k-diffusion `get_ancestral_step`, eta = 1);
    LCM goes all the way down each time.
    """
    if sampler == "lcm":
        return 0.0, sigma_next
    if sampler != "euler_a":
        return sigma_next, 0.0
    up = min(sigma_next, math.sqrt(sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2))
    return math.sqrt(sigma_next**2 - up**2), up


def aim(sampler: Sampler, denoised: Tensor, before: Tensor | None, sigmas: tuple[float, ...], step: int) -> Tensor:
    """The point that a step goes towards. before: what was aimed from at the step before, None at the first.

    DPM++ 2M carries on the change since the last step, measured in log sigma; its last step and those of the other
    samplers go to `denoised` itself. For LCM this leaves out a boundary term that is below 1e-5 at all its levels.
    """
    last = sigmas[step + 1] == 0
    if sampler not in ("dpmpp_2m", "dpmpp_2m_karras") or before is None or last:
        return denoised
    ahead, behind = math.log(sigmas[step] / sigmas[step + 1]), math.log(sigmas[step - 1] / sigmas[step])
    return denoised + (denoised - before) * (ahead / (2 * behind))


def euler(x: Tensor, denoised: Tensor, sigma: float, sigma_next: float) -> Tensor:
    """One straight step from noise level `sigma` to `sigma_next`, towards `denoised`."""
    return x + (x - denoised) * ((sigma_next - sigma) / sigma)
