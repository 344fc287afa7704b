"""Prompts to text embeddings, in Auto1111's chunks, kept so that a shot encodes each set of prompts once."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from pipeline.engine.prompt.chunks import Embedding, Token, Words, chunked
from pipeline.engine.prompt.weights import weighted
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
        self._ends = cast(tuple[int, int], (tokenizer.bos_token_id, tokenizer.eos_token_id))
        self._layers: int = encoder.config.num_hidden_layers
        room: int = encoder.config.max_position_embeddings - 2
        self._words = Words(self.ids, self.ids(",")[0], room)
        self.encode = functools.lru_cache(maxsize=KEPT)(self._encode)

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, without start and end."""
        return self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]

    def forget(self) -> None:
        """Encode everything anew from now on, because the text encoder is another."""
        self.encode.cache_clear()

    @torch.inference_mode()
    def _encode(self, prompts: tuple[str, ...], clip_skip: int, embeddings: tuple[Embedding, ...] = ()) -> Tensor:
        """[prompts, tokens, width] on the encoder's device, in one call of the encoder.

        prompts: with weights, BREAK and the names of `embeddings` in them. clip_skip: which hidden layer is read,
        1 = the last; the final layer norm is applied to it. Raises RecipeError when the text encoder has fewer layers.
        """
        if clip_skip > self._layers:
            raise RecipeError(
                f"Clip skip {clip_skip} is more than this checkpoint has layers.", f"Choose 1 to {self._layers}."
            )
        written = [chunked(weighted(prompt), self._words, embeddings) for prompt in prompts]
        count = max(map(len, written))
        chunks = [self._filled(chunk) for own in written for chunk in own + [[]] * (count - len(own))]
        ids = torch.tensor([[token.id for token in chunk] for chunk in chunks])
        with _replaced(self._encoder, chunks):
            output = self._encoder(ids.to(self._encoder.device), output_hidden_states=True)
        states = self._encoder.final_layer_norm(output.hidden_states[-clip_skip])
        weights = torch.tensor([[token.weight for token in chunk] for chunk in chunks], device=states.device)
        return emphasised(states, weights).reshape(len(prompts), ids[0].numel() * count, -1)

    def _filled(self, chunk: Sequence[Token]) -> list[Token]:
        """A chunk of exactly the encoder's length: a start token before, end tokens behind."""
        first, last = (Token(id) for id in self._ends)
        return [first, *chunk, *[last] * (self._words.room + 1 - len(chunk))]


def emphasised(states: Tensor, weights: Tensor) -> Tensor:
    """Each token's state times its weight, then the whole chunk scaled to the mean that it had.

    states: [chunks, tokens, width]. weights: [chunks, tokens]. Chunks where every weight is 1 stay as they are, to the
    bit. Source: Auto1111, emphasis "Original".
    """
    changed = (weights != 1).any(dim=1)
    if not changed.any():
        return states
    before = states[changed].float()
    after = before * weights[changed].unsqueeze(-1)
    after *= before.mean((1, 2), keepdim=True) / after.mean((1, 2), keepdim=True)
    result = states.clone()
    result[changed] = after.to(states.dtype)
    return result


@contextmanager
def _replaced(encoder: CLIPTextModel, chunks: Sequence[Sequence[Token]]) -> Iterator[None]:
    """The encoder with the vectors of the tokens that bring their own, for as long as the block lasts."""
    own = [(row, place, t.vector) for row, chunk in enumerate(chunks) for place, t in enumerate(chunk)]

    def put(module: Any, inputs: Any, output: Tensor) -> Tensor:
        output = output.clone()
        for row, place, vector in own:
            if vector is not None:
                output[row, place] = vector.to(output)
        return output

    with encoder.embeddings.token_embedding.register_forward_hook(put):
        yield
