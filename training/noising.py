"""Noise levels of Stable Diffusion 1.5, and what a network in training is asked at each of them.

Everything is said in sigmas: a noisy latent is x = z + sigma * noise, and the network sees x / sqrt(sigma^2 + 1) with a
timestep, which need not be whole (Karras et al. 2022, "Elucidating the design space", appendix C.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

TRAIN_STEPS = 1000
BETA_START, BETA_END = 0.00085, 0.012
CARRY_SIGMAS = (0.5, 5.0)
"""The noise levels that carried samples start at, unless others are asked for: strengths of about .25 to .75."""
CARRY_FIRST = 0.3


def train_sigmas() -> torch.Tensor:
    """The 1000 noise levels, rising from .029 to 14.6: scaled-linear betas, sqrt((1 - abar) / abar)."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_STEPS, dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - betas, 0)
    return ((1 - kept) / kept).sqrt().float()


def timestep_of(sigma: torch.Tensor) -> torch.Tensor:
    """The timestep of each noise level, fractional: interpolated over the logarithm of the 1000 levels."""
    levels = train_sigmas().log()
    wanted = sigma.log().clamp(levels[0], levels[-1])
    right = torch.searchsorted(levels, wanted).clamp(1, TRAIN_STEPS - 1)
    left = right - 1
    return left + (wanted - levels[left]) / (levels[right] - levels[left])


@dataclass(frozen=True)
class Task:
    """What the denoiser is asked: from `noisy` (= target latent + sigma * epsilon) say `epsilon`. Sigma is [n]."""

    noisy: torch.Tensor
    epsilon: torch.Tensor
    sigma: torch.Tensor

    @property
    def model_input(self) -> torch.Tensor:
        """The noisy latents at unit deviation."""
        return self.noisy / (spread(self.sigma) ** 2 + 1).sqrt()

    def weight(self, limit: float) -> torch.Tensor:
        """Weight of each sample's error in epsilon: min(SNR, limit) / SNR, [n]; a limit of 0 weighs all alike.

        Hang et al. 2023, "Efficient diffusion training via Min-SNR weighting".
        """
        snr = self.sigma**-2
        return snr.clamp(max=limit) / snr if limit else torch.ones_like(snr)


def spread(values: torch.Tensor) -> torch.Tensor:
    """[n] -> [n, 1, 1, 1]."""
    return values[:, None, None, None]


def draw_sigmas(count: int, generator: torch.Generator) -> torch.Tensor:
    """Noise levels to train on: half evenly over the timesteps, half over the lower two thirds, where img2img works."""
    top = torch.where(torch.rand(count, generator=generator) < 0.5, TRAIN_STEPS, TRAIN_STEPS * 2 // 3)
    return train_sigmas()[(torch.rand(count, generator=generator) * top).long()]


def plain(target: torch.Tensor, generator: torch.Generator) -> Task:
    """The usual task: the target under noise."""
    noise = torch.randn(target.shape, generator=generator)
    return noised(target, noise, draw_sigmas(len(target), generator))


def noised(target: torch.Tensor, epsilon: torch.Tensor, sigma: torch.Tensor) -> Task:
    """The target under this noise at the levels `sigma` [n]."""
    return Task(target + spread(sigma) * epsilon, epsilon, sigma)


def carry(
    source: torch.Tensor,
    target: torch.Tensor,
    generator: torch.Generator,
    starts: tuple[float, float] = CARRY_SIGMAS,
) -> Task:
    """The task of img2img: noise on the *source* picture, and the sampler is to arrive at the *target*.

    A sampler started at source + s * noise whose every guess is the target moves on a straight line (Euler's method is
    exact there): at the noise level sigma it stands at target + sigma * (noise + (source - target) / s). That is the
    target under a noise that also holds the difference of the pictures, so epsilon and weight stay as they are and no
    small sigma divides by nothing. The start s is drawn from `starts`, evenly in its logarithm; sigma is s itself in
    three of ten samples, else evenly below it.
    """
    count = len(target)
    noise = torch.randn(target.shape, generator=generator)
    low, high = (torch.tensor(end).log() for end in starts)
    start = (low + (high - low) * torch.rand(count, generator=generator)).exp()
    share = torch.rand(count, generator=generator).clamp(min=0.02)
    share = torch.where(torch.rand(count, generator=generator) < CARRY_FIRST, 1.0, share)
    sigma = start * share
    return noised(target, noise + (source - target) / spread(start), sigma)


def chosen(where: torch.Tensor, one: Task, other: Task) -> Task:
    """`one` where true, else `other`. where: bool [n]."""
    wide = spread(where)
    return Task(
        torch.where(wide, one.noisy, other.noisy),
        torch.where(wide, one.epsilon, other.epsilon),
        torch.where(where, one.sigma, other.sigma),
    )
