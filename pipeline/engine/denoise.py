"""The loop: from a noisy latent to a clean one, step by step, giving the accelerator up between steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.controls import Guide, counts, summed
from pipeline.engine.samplers import Schedule, euler, landing
from pipeline.recipe.passes import Sampler

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel


@dataclass(frozen=True, eq=False)
class Denoiser:
    """The UNet with its ControlNets under guidance.

    text: [halves * n, tokens, width]; two halves are the negative prompt's n and then the prompt's n, one half is the
        prompt's alone, without guidance. guides: embedded for as many halves.
    """

    unet: UNet2DConditionModel
    text: Tensor
    guides: tuple[Guide, ...]
    guidance_scale: float

    def __call__(self, x: Tensor, sigma: float, timestep: Tensor, guides: list[Guide]) -> Tensor:
        """What the clean latents look like from here: float32 [n, c, h, w], as is `x` at noise level `sigma`.

        guides: those that count at this step. The networks see x / sqrt(sigma^2 + 1), which has the variance they were
        trained on, and predict the noise.
        """
        halves = len(self.text) // len(x)
        scaled = (x / (sigma**2 + 1) ** 0.5).to(self.unet.dtype).repeat(halves, 1, 1, 1)
        down, middle = summed([guide.residuals(scaled, timestep, self.text) for guide in guides])
        noise = self.unet(
            scaled,
            timestep,
            encoder_hidden_states=self.text,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0].to(torch.float32)
        return x - sigma * self._guided(noise, halves)

    def _guided(self, noise: Tensor, halves: int) -> Tensor:
        """Classifier-free guidance: away from the negative prompt, past the prompt."""
        if halves == 1:
            return noise
        negative, positive = noise.chunk(2)
        return negative + self.guidance_scale * (positive - negative)


@dataclass(frozen=True, eq=False)
class Keep:
    """What stays as it is. source: clean latents [n, c, h, w]. mask: [n, 1, h, w], 1 = repaint, 0 = keep."""

    source: Tensor
    mask: Tensor

    def __call__(self, latents: Tensor) -> Tensor:
        """`latents` with the kept parts put back (Auto1111's blend at every step and after the last)."""
        return self.source * (1 - self.mask) + latents * self.mask


@torch.inference_mode()
def denoise(
    x: Tensor,
    denoiser: Denoiser,
    schedule: Schedule,
    sampler: Sampler,
    noise: Callable[[int], Tensor],
    keep: Keep | None,
) -> Generator[None, None, Tensor]:
    """Clean latents from `x`, float32 [n, c, h, w] at the schedule's first noise level. Yields after each step.

    noise: fresh standard normal noise for a step, shaped like x; asked for by Euler a only.
    """
    timesteps = torch.tensor(schedule.timesteps, dtype=torch.float32, device=x.device)
    for step, sigma in enumerate(schedule.sigmas[:-1]):
        guides = [guide for guide in denoiser.guides if counts(guide.hint, step, len(schedule))]
        denoised = denoiser(x, sigma, timesteps[step], guides)
        level, fresh = landing(sampler, sigma, schedule.sigmas[step + 1])
        x = euler(x, denoised if keep is None else keep(denoised), sigma, level)
        if fresh:
            x = x + fresh * noise(step)
        yield
    return x if keep is None else keep(x)
