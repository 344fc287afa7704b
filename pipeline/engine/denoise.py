"""The loop: from a noisy latent to a clean one, step by step, giving the accelerator up between steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.engine.attention import SharedAttention, attached
from pipeline.engine.batch import Adapter
from pipeline.engine.controls import Guide, counts, summed
from pipeline.engine.guidance import Guidance
from pipeline.engine.residency import Resident
from pipeline.engine.samplers import Schedule, aim, euler, landing
from pipeline.recipe.passes import Sampler


@dataclass(frozen=True, eq=False)
class Denoiser:
    """A checkpoint's UNet with its LoRAs and ControlNets under guidance.

    guides: embedded as often as the networks see a frame at a step. shared: for key frames to be looked at.
    """

    resident: Resident
    adapters: tuple[Adapter, ...]
    guidance: Guidance
    guides: tuple[Guide, ...]
    shared: SharedAttention | None = None

    def __call__(self, x: Tensor, step: int, sigma: float, timestep: Tensor) -> Tensor:
        """What the clean latents look like from here: float32 [n, c, h, w], as is `x` at noise level `sigma`.

        The networks see x / sqrt(sigma^2 + 1), which has the variance they were trained on, and predict the noise.
        """
        unet, text = self.resident.networks.unet, self.guidance.texts[step]
        self.resident.outfit.wear(self.adapters)
        scaled = (x / (sigma**2 + 1) ** 0.5).to(unet.dtype).repeat(len(text) // len(x), 1, 1, 1)
        guides = [guide for guide in self.guides if counts(guide.hint, step, len(self.guidance.texts))]
        down, middle = summed([guide.residuals(scaled, timestep, text) for guide in guides])
        with attached(self.shared, unet):
            noise = unet(
                scaled,
                timestep,
                encoder_hidden_states=text,
                down_block_additional_residuals=down,
                mid_block_additional_residual=middle,
                return_dict=False,
            )[0].to(torch.float32)
        return x - sigma * self.guidance.joined(noise, len(x))


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

    noise: fresh standard normal noise for a step, shaped like x; asked for only by samplers that add some.
    """
    before: Tensor | None = None
    timesteps = torch.tensor(schedule.timesteps, dtype=torch.float32, device=x.device)
    for step, sigma in enumerate(schedule.sigmas[:-1]):
        seen = denoiser(x, step, sigma, timesteps[step])
        denoised = seen if keep is None else keep(seen)
        level, fresh = landing(sampler, sigma, schedule.sigmas[step + 1])
        x = euler(x, aim(sampler, denoised, before, schedule.sigmas, step), sigma, level)
        before = denoised
        if fresh:
            x = x + fresh * noise(step)
        yield
    x = x / (schedule.sigmas[-1] ** 2 + 1) ** 0.5
    return x if keep is None else keep(x)
