"""Motion modules: while frames are denoised together, every place of a picture sees the same place in all of them.

AnimateDiff (Guo et al. 2023, "AnimateDiff: Animate Your Personalized Text-to-Image Diffusion Models without Specific
Tuning") puts a small transformer over time behind every layer of the UNet. Here the UNet stays the one that is there,
with its LoRAs and ControlNets: the modules of the adapter are hooked behind its layers while a step lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import nn

from pipeline.errors import ModelMissing, RecipeError

if TYPE_CHECKING:
    from diffusers import MotionAdapter, UNet2DConditionModel

ALIKE = (("block_out_channels", "block_out_channels"), ("motion_layers_per_block", "layers_per_block"))
"""What must be the same: as the adapter and as the UNet call it."""


def check_fit(adapter: MotionAdapter, unet: UNet2DConditionModel, name: str) -> None:
    """Raise ModelMissing when a motion adapter was not made for UNets like this one."""
    if any(_each(adapter.config[ours]) != _each(unet.config[theirs]) for ours, theirs in ALIKE):
        raise ModelMissing(
            f"The motion adapter {name} was not made for models like this checkpoint.",
            "Choose a motion adapter of the checkpoint's base.",
        )


def check_frames(adapter: MotionAdapter, frames: int, name: str) -> None:
    """Raise RecipeError when a motion adapter cannot tell so many frames apart."""
    most = adapter.config["motion_max_seq_length"]
    if frames > most:
        raise RecipeError(
            f"The motion adapter {name} knows {most} frames at most, and {frames} are made together.",
            f"Lower temporal.window to {most}.",
        )


def _each(value: Any) -> set[Any]:
    """Numbers for each level, or one for all: as the set of them and, where they differ, in order."""
    levels = tuple(value) if isinstance(value, list | tuple) else (value,)
    return {levels[0]} if len(set(levels)) == 1 else {levels}


@contextmanager
def moving(adapter: MotionAdapter | None, unet: UNet2DConditionModel, frames: int) -> Iterator[None]:
    """The UNet with the modules of a motion adapter behind its layers, for as long as the block lasts; None = without.

    frames: how many the rows of the UNet's inputs are of, [copies * frames, ...]. The block must not give the
    accelerator away: others use the same UNet.
    """
    pairs = () if adapter is None else layers(unet, adapter)
    hooks = [layer.register_forward_hook(partial(_together, module, frames)) for layer, module in pairs]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def layers(unet: Any, adapter: Any) -> Iterator[tuple[nn.Module, nn.Module]]:
    """The layers of a UNet, each with the motion module behind it: behind the attention where there is one."""
    blocks = [*zip(unet.down_blocks, adapter.down_blocks, strict=True)]
    blocks += [*zip(unet.up_blocks, adapter.up_blocks, strict=True)]
    for block, motion in blocks:
        yield from zip(getattr(block, "attentions", None) or block.resnets, motion.motion_modules, strict=True)
    if adapter.mid_block is not None:
        yield from zip(unet.mid_block.attentions, adapter.mid_block.motion_modules, strict=True)


def _together(module: nn.Module, frames: int, layer: nn.Module, inputs: Any, output: Any) -> Any:
    """What a layer has made of its rows, worked over by a motion module: a tensor, or a tuple that begins with one."""
    if isinstance(output, tuple):
        return (module(output[0], num_frames=frames), *output[1:])
    return module(output, num_frames=frames)
