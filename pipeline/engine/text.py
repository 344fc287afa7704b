"""Prompts to text embeddings, in Auto1111's chunks, kept so that a shot encodes each pair of prompts once."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from pipeline.errors import RecipeError

if TYPE_CHECKING:
    from transformers import CLIPTextModel, CLIPTokenizer

KEPT = 32
"""How many sets of prompts stay encoded. One set is small; a render has one per pass."""


class Prompts:
    """The prompts of one checkpoint.

    A chunk is what the text encoder takes at once: a start token, up to 75 of the prompt's and end tokens up to 77.
    A longer prompt is encoded chunk by chunk and joined on the token axis; prompts encoded together get equally many.
    """

    def __init__(self, tokenizer: CLIPTokenizer, encoder: CLIPTextModel) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder
        self._length: int = encoder.config.max_position_embeddings
        self._ends = cast(tuple[int, int], (tokenizer.bos_token_id, tokenizer.eos_token_id))
        self._layers: int = encoder.config.num_hidden_layers
        self.encode = functools.lru_cache(maxsize=KEPT)(self._encode)

    @torch.inference_mode()
    def _encode(self, prompts: tuple[str, ...], clip_skip: int) -> Tensor:
        """[prompts, tokens, width] on the encoder's device, in one call of the encoder.

        clip_skip: which hidden layer is read, 1 = the last; the final layer norm is applied to it.
        Raises RecipeError when the text encoder has fewer layers.
        """
        if clip_skip > self._layers:
            raise RecipeError(
                f"Clip skip {clip_skip} is more than this checkpoint has layers.", f"Choose 1 to {self._layers}."
            )
        ids = self._tokenizer(list(prompts), add_special_tokens=False, verbose=False)["input_ids"]
        count = max(math.ceil(max(map(len, ids)) / (self._length - 2)), 1)
        chunks = torch.tensor([chunk for prompt in ids for chunk in self._chunks(prompt, count)])
        output = self._encoder(chunks.to(self._encoder.device), output_hidden_states=True)
        states = self._encoder.final_layer_norm(output.hidden_states[-clip_skip])
        return states.reshape(len(prompts), count * self._length, -1)

    def _chunks(self, ids: list[int], count: int) -> list[list[int]]:
        """`count` chunks of exactly the encoder's length, padded with end tokens."""
        room = self._length - 2
        first, last = self._ends
        padded = ids + [last] * (count * room - len(ids))
        return [[first, *padded[i : i + room], last] for i in range(0, len(padded), room)]
