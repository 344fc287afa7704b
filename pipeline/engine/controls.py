"""ControlNets in the loop: each is loaded, embedded and called only where it counts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.batch import Hint
from pipeline.engine.latents import unit_range
from pipeline.models.load import LoadedControl

if TYPE_CHECKING:
    from diffusers import ControlNetModel

Residuals = tuple[list[Tensor], Tensor]
"""What is added in the UNet: to each skip connection on the way down, and to the middle."""


def counts(hint: Hint, step: int, steps: int) -> bool:
    """Whether a hint counts at step 0..steps-1: its weight is not 0 and the step lies wholly inside its range.

    The rule of the diffusers pipelines: a step is the stretch from step / steps to (step + 1) / steps.
    """
    return hint.weight != 0 and step / steps >= hint.start and (step + 1) / steps <= hint.end


@dataclass(frozen=True, eq=False)
class Guide:
    """A hint, ready for the loop. features: the embedded hint pictures, once for each half of guidance."""

    hint: Hint
    net: ControlNetModel
    features: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, hint: Hint, loaded: LoadedControl, halves: int) -> Guide:
        """Embed a hint's pictures, once for all steps."""
        pictures = unit_range(hint.pictures, loaded.net.device).to(loaded.net.dtype)
        return cls(hint, loaded.net, loaded.embedder(pictures).repeat(halves, 1, 1, 1))

    def residuals(self, x: Tensor, timestep: Tensor, text: Tensor) -> Residuals:
        """What this ControlNet adds, already weighted."""
        down, middle = self.net(
            x,
            timestep,
            encoder_hidden_states=text,
            controlnet_cond=self.features,
            conditioning_scale=self.hint.weight,
            return_dict=False,
        )
        return list(down), middle


def summed(parts: list[Residuals]) -> Residuals | tuple[None, None]:
    """Several ControlNets add up; none gives (None, None), which the UNet takes as it is."""
    if not parts:
        return None, None
    downs, middles = zip(*parts, strict=True)
    added = [functools.reduce(torch.add, levels) for levels in zip(*downs, strict=True)]
    return added, functools.reduce(torch.add, middles)
