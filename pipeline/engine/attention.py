"""Shared attention: while it is denoised, a frame sees its key frames as it sees itself.

In the self-attention of the UNet each place of a picture looks at all places of the same picture, and so finds out what
a collar or a cheek looks like elsewhere. Here it looks at all places of a key frame as well (Khachatryan et al. 2023,
"Text2Video-Zero", and Geyer et al. 2023, "TokenFlow", extend the keys and values in the same way). Once with the key
frame before and once with the one after; the two answers are blended by how near they are, so that nothing changes by a
jump where one key frame takes over from the other. A key frame that looks at itself sees nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pipeline.engine.batch import Anchors

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel

SELF_ATTENTION = "attn1"
"""What diffusers calls the self-attention in each block; `attn2` looks at the prompt."""


@dataclass(frozen=True)
class SharedAttention:
    """An attention processor for a batch with these anchors. halves: how often the batch is repeated for guidance."""

    anchors: Anchors
    halves: int

    def __call__(self, attn: Any, hidden_states: Tensor, *others: Any, **more: Any) -> Tensor:
        """The answer of one self-attention, [halves * n, places, width] as it came; arguments as diffusers gives them.

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
        share = torch.tensor(self.anchors.share * self.halves, dtype=query.dtype, device=query.device)
        blended = torch.lerp(before, after, share.view(-1, 1, 1, 1))
        return attn.to_out[0](blended.transpose(1, 2).flatten(2)) / attn.rescale_output_factor

    def _joined(self, features: Tensor, whom: tuple[int, ...]) -> Tensor:
        """[halves * n, heads, 2 * places, width]: each frame's own features and those of the frame that it looks at."""
        count = len(whom)
        rows = torch.tensor([half * count + place for half in range(self.halves) for place in whom])
        return torch.cat((features, features[rows.to(features.device)]), dim=2)


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
