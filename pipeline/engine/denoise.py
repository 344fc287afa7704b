"""The loop: from a noisy latent to a clean one, step by step, giving the accelerator up between steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.attention import SharedAttention, attached
from pipeline.engine.batch import Adapter
from pipeline.engine.controls import Guide, Led, counts, summed
from pipeline.engine.guidance import Guidance
from pipeline.engine.motion import moving
from pipeline.engine.once import computed_once, repeated
from pipeline.engine.residency import Resident
from pipeline.engine.reuse import DeepLayers
from pipeline.engine.samplers import Schedule, aim, euler, landing
from pipeline.recipe.passes import Sampler

if TYPE_CHECKING:
    from diffusers import MotionAdapter


@dataclass(frozen=True, eq=False)
class Denoiser:
    """A checkpoint's UNet with its LoRAs and ControlNets under guidance.

    guides: embedded as often as the networks see a frame at a step. shared: for key frames to be looked at.
    motion: for all frames to see each other. deep: for deep layers that do not run at every step.
    """

    resident: Resident
    adapters: tuple[Adapter, ...]
    guidance: Guidance
    guides: tuple[Guide, ...]
    shared: SharedAttention | None = None
    motion: MotionAdapter | None = None
    deep: DeepLayers | None = None

    def __call__(self, x: Tensor, step: int, sigma: float, timestep: Tensor) -> Tensor:
        """What the clean latents look like from here: float32 [n, c, h, w], as is `x` at noise level `sigma`.

        The networks see x / sqrt(sigma^2 + 1), which has the variance they were trained on, and predict the noise.
        """
        unet, text = self.resident.networks.unet, self.guidance.texts[step]
        self.resident.outfit.wear(self.adapters)
        copies = len(text) // len(x)
        scaled = repeated((x / (sigma**2 + 1) ** 0.5).to(unet.dtype), copies)
        if self.deep is None or self.deep.due(step, len(text)):
            guides = self._counting(step, len(text))
            noise = self._predicted(guides, copies, (scaled, timestep, text, *(guide.features for guide in guides)))
        else:
            with computed_once(unet, copies), self.deep.reused(unet) as led:
                noise = self._noise((scaled, timestep, text), led, copies)
        return x - sigma * self.guidance.joined(noise, len(x))

    def _predicted(self, guides: list[Guide], copies: int, inputs: tuple[Tensor, ...]) -> Tensor:
        """The noise that the networks see, float32 [copies * n, c, h, w], by a graph of the step where there can be.

        inputs: scaled latents, timestep, texts, and the features of each guide.
        """
        unet = self.resident.networks.unet

        def work(scaled: Tensor, timestep: Tensor, text: Tensor, *features: Tensor) -> Tensor:
            own = [replace(guide, features=one) for guide, one in zip(guides, features, strict=True)]
            led = summed([guide.residuals(scaled, timestep, text) for guide in own])
            keeping = nullcontext() if self.deep is None else self.deep.kept(unet, len(scaled), led)
            with computed_once(unet, copies), keeping:
                return self._noise((scaled, timestep, text), led, copies)

        if self.shared is not None or self.motion is not None or self.deep is not None:
            return work(*inputs)
        weights = ((id(one.net), one.hint.weight, one.hint.soft, one.hint.conditional) for one in guides)
        return self.resident.graphs.run((id(unet), copies, *weights), work, inputs)

    def _noise(self, seen: tuple[Tensor, Tensor, Tensor], led: Led, copies: int) -> Tensor:
        """What the UNet answers. seen: scaled latents, timestep, texts. led: what the ControlNets add."""
        unet, (scaled, timestep, text) = self.resident.networks.unet, seen
        with attached(self.shared, unet), moving(self.motion, unet, len(scaled) // copies):
            return unet(
                scaled,
                timestep,
                encoder_hidden_states=text,
                down_block_additional_residuals=led[0],
                mid_block_additional_residual=led[1],
                return_dict=False,
            )[0].to(torch.float32)

    def _counting(self, step: int, rows: int) -> list[Guide]:
        """The guides that count at a step, for so many rows."""
        counting = [guide for guide in self.guides if counts(guide.hint, step, len(self.guidance.texts))]
        return [replace(guide, features=guide.features[-rows:]) for guide in counting]


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
