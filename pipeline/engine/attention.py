"""Shared attention: while it is denoised, a frame sees its key frames as it sees itself.

In the self-attention of the UNet each place of a picture looks at all places of the same picture, and so finds out what
a collar or a cheek looks like elsewhere. Here it looks at all places of a key frame as well (Khachatryan et al. 2023,
"Text2Video-Zero", and Geyer et al. 2023, "TokenFlow", extend the keys and values in the same way). Once with the key
frame before and once with the one after; the two answers are blended by how near they are, so that nothing changes by a
jump where one key frame takes over from the other. A key frame that looks at itself sees nothing new.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pipeline import torchvision_ops
from pipeline.engine.batch import Anchors

if TYPE_CHECKING:
    from diffusers import ControlNetModel, UNet2DConditionModel

KEPT = 64
"""Small tables that stay on the device."""
SELF_ATTENTION = "attn1"
"""What diffusers calls the self-attention in each block; `attn2` looks at the prompt."""


@dataclass(frozen=True)
class SharedAttention:
    """An attention processor for a batch with these anchors."""

    anchors: Anchors

    def __call__(self, attn: Any, hidden_states: Tensor, *others: Any, **more: Any) -> Tensor:
        """The answer of one self-attention, [copies * n, places, width] as it came; arguments as diffusers gives them.

        The blocks of Stable Diffusion 1.5 have neither group norm nor residual inside their attention.
        """
        query, key, value = (
            layer(hidden_states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for layer in (attn.to_q, attn.to_k, attn.to_v)
        )
        before, after = (
            functional.scaled_dot_product_attention(query, self._joined(key, whom), self._joined(value, whom))
            for whom in (self.anchors.before, self.anchors.after)
        )
        copies = len(query) // len(self.anchors.share)
        share = _shares(self.anchors.share * copies, query.dtype, query.device)
        blended = torch.lerp(before, after, share.view(-1, 1, 1, 1))
        return attn.to_out[0](blended.transpose(1, 2).flatten(2)) / attn.rescale_output_factor

    def _joined(self, features: Tensor, whom: tuple[int, ...]) -> Tensor:
        """[copies * n, heads, 2 * places, width]: each frame's own features and those of the frame that it looks at."""
        rows = _rows(whom, len(features) // len(whom), features.device)
        return torch.cat((features, features[rows]), dim=2)


@functools.lru_cache(maxsize=KEPT)
def _rows(whom: tuple[int, ...], copies: int, device: torch.device) -> Tensor:
    """The rows of the frames that are looked at, in every copy of the batch; kept there, as sending them waits."""
    return torch.tensor([copy * len(whom) + place for copy in range(copies) for place in whom], device=device)


@functools.lru_cache(maxsize=KEPT)
def _shares(share: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(share, dtype=dtype, device=device)


@dataclass(frozen=True)
class SlicedAttention:
    """An attention processor that takes one frame after the other, so that only one frame's products are in memory.

    It matters where the hardware has no fused attention: there the products of all places with all places are kept,
    at 912x512 0.85 GB a frame in float16.
    """

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **more: Any
    ) -> Tensor:
        """The answer of one attention, [n, places, width] as it came; arguments as diffusers gives them."""
        told = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            layer(states).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for layer, states in ((attn.to_q, hidden_states), (attn.to_k, told), (attn.to_v, told))
        )
        rows = zip(query.split(1), key.split(1), value.split(1), strict=True)
        answers = torch.cat([functional.scaled_dot_product_attention(*row) for row in rows])
        return attn.to_out[0](answers.transpose(1, 2).flatten(2)) / attn.rescale_output_factor


def set_slicing(network: UNet2DConditionModel | ControlNetModel, sliced: bool) -> None:
    """Let every attention of a network take one frame after the other, or all frames at once as diffusers does."""
    torchvision_ops.declare()
    from diffusers.models.attention_processor import AttnProcessor2_0

    processor: Any = SlicedAttention() if sliced else AttnProcessor2_0()
    network.set_attn_processor(processor)


@contextmanager
def attached(shared: SharedAttention | None, unet: UNet2DConditionModel) -> Iterator[None]:
    """The UNet with shared attention, for as long as the block lasts; None leaves it as it is.

    The block must not give the accelerator away: others use the same UNet.
    """
    if shared is None:
        yield
        return
    looking: list[Any] = [module for name, module in unet.named_modules() if name.endswith(SELF_ATTENTION)]
    before = [attention.processor for attention in looking]
    try:
        for attention in looking:
            attention.processor = shared
        yield
    finally:
        for attention, processor in zip(looking, before, strict=True):
            attention.processor = processor
