"""Prompts: chunks, clip skip and the memory of what was encoded."""

from __future__ import annotations

import pytest
import torch

from pipeline.engine.text import Prompts
from pipeline.errors import RecipeError
from tests import tiny


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return Prompts(tiny.tokenizer(), tiny.text_encoder().eval())


def plain(text: str) -> torch.Tensor:
    """One prompt of at most 75 tokens, as the stock pipelines encode it."""
    ids = tiny.tokenizer()(text, padding="max_length", max_length=77, return_tensors="pt").input_ids
    with torch.no_grad():
        return tiny.text_encoder().eval()(ids).last_hidden_state[0]


def test_a_short_prompt_is_encoded_as_the_stock_pipelines_do(prompts: Prompts) -> None:
    encoded = prompts.encode(("", "a cat"), 1)
    assert encoded.shape == (2, 77, tiny.TEXT_WIDTH)
    assert torch.allclose(encoded[0], plain(""), atol=1e-6)
    assert torch.allclose(encoded[1], plain("a cat"), atol=1e-6)


def test_a_long_prompt_is_encoded_in_chunks_of_75_and_the_other_filled_up(prompts: Prompts) -> None:
    long = "x" * 80 + "y" * 75
    encoded = prompts.encode(("no", long), 1)
    assert encoded.shape == (2, 3 * 77, tiny.TEXT_WIDTH)
    ids = tiny.tokenizer()(long, add_special_tokens=False).input_ids
    start, end = tiny.VOCABULARY.index(tiny.START), tiny.VOCABULARY.index(tiny.END)
    assert len(ids) == 155
    chunks = [[start, *ids[:75], end], [start, *ids[75:150], end], [start, *ids[150:], *[end] * 71]]
    with torch.no_grad():
        expected = tiny.text_encoder().eval()(torch.tensor(chunks)).last_hidden_state.reshape(3 * 77, -1)
    assert torch.allclose(encoded[1], expected, atol=1e-6)
    assert torch.allclose(encoded[0, :77], plain("no"), atol=1e-6)
    assert torch.allclose(encoded[0, 77:154], plain(""), atol=1e-6)


@pytest.mark.parametrize(("letters", "chunks"), [(75, 1), (76, 2), (150, 2), (151, 3)])
def test_chunks_break_after_75_tokens(prompts: Prompts, letters: int, chunks: int) -> None:
    assert prompts.encode(("z" * letters,), 1).shape[1] == chunks * 77


def test_clip_skip_reads_an_earlier_layer_and_normalises_it(prompts: Prompts) -> None:
    encoder = tiny.text_encoder().eval()
    ids = tiny.tokenizer()("a cat", padding="max_length", max_length=77, return_tensors="pt").input_ids
    shortened = tiny.text_encoder().eval()
    shortened.encoder.layers = encoder.encoder.layers[:2]
    with torch.no_grad():
        expected = shortened(ids).last_hidden_state[0]
    assert torch.allclose(prompts.encode(("a cat",), 2)[0], expected, atol=1e-6)
    assert not torch.allclose(prompts.encode(("a cat",), 1)[0], expected, atol=1e-2)


def test_more_clip_skip_than_layers_is_refused(prompts: Prompts) -> None:
    with pytest.raises(RecipeError, match="Choose 1 to 3"):
        prompts.encode(("a cat",), 4)


def test_the_same_prompts_are_encoded_once(prompts: Prompts) -> None:
    assert prompts.encode(("bad", "good"), 1) is prompts.encode(("bad", "good"), 1)
    assert prompts.encode(("bad", "good"), 2) is not prompts.encode(("bad", "good"), 1)
