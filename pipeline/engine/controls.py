"""ControlNets in the loop: each is loaded, embedded and called only where it counts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.batch import Hint
from pipeline.engine.latents import unit_range
from pipeline.engine.once import computed_once, repeated
from pipeline.models.load import LoadedControl

if TYPE_CHECKING:
    from diffusers import ControlNetModel

Residuals = tuple[list[Tensor], Tensor]
"""What is added in the UNet: to each skip connection on the way down, and to the middle."""
Led = Residuals | tuple[None, None]
"""What all ControlNets add together; (None, None), which the UNet takes as it is, where there are none."""


def counts(hint: Hint, step: int, steps: int) -> bool:
    """Whether a hint counts at step 0..steps-1: its weight is not 0 and the step lies wholly inside its range.

    The rule of the diffusers pipelines: a step is the stretch from step / steps to (step + 1) / steps.
    """
    return hint.weight != 0 and step / steps >= hint.start and (step + 1) / steps <= hint.end


@dataclass(frozen=True, eq=False)
class Guide:
    """A hint, ready for the loop. features: the embedded hint pictures, once for each text that it is to lead."""

    hint: Hint
    net: ControlNetModel
    features: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, hint: Hint, loaded: LoadedControl, halves: int) -> Guide:
        """Embed a hint's pictures, once for all steps. halves: how often the UNet sees a frame at a step."""
        pictures = unit_range(hint.pictures, loaded.net.device).to(loaded.net.dtype)
        led = halves - 1 if hint.conditional and halves > 1 else halves
        return cls(hint, loaded.net, repeated(loaded.embedder(pictures), led))

    def residuals(self, x: Tensor, timestep: Tensor, text: Tensor) -> Residuals:
        """What this ControlNet adds, already weighted: nothing to the first rows, where it leads the last ones only.

        x, text: [rows, ...], those of the negative prompt first (see Guidance). A soft hint counts in full in the
        middle and less from layer to layer outwards, down to a tenth. Source: ControlNet's guess mode in diffusers;
        Auto1111 writes 0.825^i for the same twelve layers, which differs by 0.6 % at most.
        """
        led = len(self.features)
        with computed_once(self.net, led // len(self.hint.pictures)):
            down, middle = self.net(
                x[-led:],
                timestep,
                encoder_hidden_states=text[-led:],
                controlnet_cond=self.features,
                conditioning_scale=self.hint.weight,
                guess_mode=self.hint.soft,
                return_dict=False,
            )
        return [_below_zeros(level, len(x)) for level in down], _below_zeros(middle, len(x))


def _below_zeros(level: Tensor, rows: int) -> Tensor:
    """[rows, ...]: zeros, and `level` as the last of them."""
    return level if len(level) == rows else torch.cat((level.new_zeros(rows - len(level), *level.shape[1:]), level))


def summed(parts: list[Residuals]) -> Led:
    """Several ControlNets add up."""
    if not parts:
        return None, None
    downs, middles = zip(*parts, strict=True)
    added = [functools.reduce(torch.add, levels) for levels in zip(*downs, strict=True)]
    return added, functools.reduce(torch.add, middles)
