"""What no prompt has a part in is computed once for all prompts.

Guidance shows the networks the same pictures once with each prompt. Up to the first cross-attention they cannot tell
the prompts apart: the first convolution, blocks without attention, the first self-attention. There one copy of the rows
is worked at, and what comes out is repeated. Nothing is approximate. In the draft model's ControlNets this is a third
of a prompt's work, because they do not look at the prompt at full size; in Stable Diffusion 1.5 it is less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from diffusers import ControlNetModel, UNet2DConditionModel


@contextmanager
def computed_once(network: UNet2DConditionModel | ControlNetModel, copies: int) -> Iterator[None]:
    """The network, working once at what its `copies` of the same rows have in common, for as long as the block lasts.

    Its inputs but the prompts, [copies * n, ...], must repeat every n rows.
    The block must not give the accelerator away: others use the same network.
    """
    parts = [] if copies == 1 else before_the_prompt(network)
    with answering({part: partial(_once, part.forward, copies) for part in parts}):
        yield


@contextmanager
def answering(answers: Mapping[nn.Module, Callable[..., Any]]) -> Iterator[None]:
    """Let other functions answer for these modules, for as long as the block lasts. Blocks may lie in each other."""
    before = {module: vars(module).get("forward") for module in answers}
    try:
        for module, answer in answers.items():
            vars(module)["forward"] = answer
        yield
    finally:
        for module, own in before.items():
            del vars(module)["forward"]
            if own is not None:
                vars(module)["forward"] = own


def before_the_prompt(network: Any) -> list[nn.Module]:
    """The parts of a UNet or ControlNet that run before it first looks at the prompt."""
    parts: list[nn.Module] = [network.conv_in]
    for block in network.down_blocks:
        if getattr(block, "attentions", None):
            first, transformer = block.attentions[0], block.attentions[0].transformer_blocks[0]
            return [*parts, block.resnets[0], first.norm, first.proj_in, transformer.norm1, transformer.attn1]
        parts.append(block)
    return parts


def repeated(values: Tensor, copies: int) -> Tensor:
    """[n, ...] -> [copies * n, ...], in the memory format that they have, which `Tensor.repeat` would lose."""
    return values if copies == 1 else torch.cat([values] * copies)


def _once(forward: Callable[..., Any], copies: int, *inputs: Any, **named: Any) -> Any:
    """`forward` on the first copy of its inputs, its outputs repeated."""
    rows = max(len(value) for value in (*inputs, *named.values()) if isinstance(value, Tensor))

    def first(value: Any) -> Any:
        return value[: rows // copies] if isinstance(value, Tensor) else value

    output = forward(*map(first, inputs), **{name: first(value) for name, value in named.items()})
    return _repeated(output, copies)


def _repeated(output: Any, copies: int) -> Any:
    if isinstance(output, Tensor):
        return repeated(output, copies)
    return tuple(_repeated(part, copies) for part in output)
