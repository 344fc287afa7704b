"""Prompts: chunks, clip skip and the memory of what was encoded."""

from __future__ import annotations

import pytest
import torch

from pipeline.engine.prompt.chunks import Embedding
from pipeline.engine.text import Prompts
from pipeline.errors import RecipeError
from pipeline.keys import key_of
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


def test_weighted_words_keep_the_mean_of_their_chunk(prompts: Prompts) -> None:
    bare, strong = prompts.encode(("a cat",), 1)[0], prompts.encode(("a (cat:1.5)",), 1)[0]
    weights = torch.ones(77, 1)
    weights[2:5] = 1.5
    expected = bare * weights
    assert torch.allclose(strong, expected * (bare.mean() / expected.mean()), atol=1e-5)
    assert torch.equal(prompts.encode(("a (cat:1.0)",), 1)[0], bare)


def test_brackets_do_not_reach_the_encoder_and_literal_ones_do(prompts: Prompts) -> None:
    assert torch.allclose(prompts.encode((r"\(a\)",), 1)[0], plain("(a)"), atol=1e-6)


def test_an_embedding_of_the_words_own_vectors_changes_nothing(prompts: Prompts) -> None:
    ids = tuple(prompts.ids("cat"))
    vectors = tiny.text_encoder().embeddings.token_embedding.weight.detach()[list(ids)]
    same, other = (Embedding(key_of("cat", 1, {"of": n}, ()), ids, v) for n, v in enumerate((vectors, vectors.flip(0))))
    bare = prompts.encode(("a cat",), 1)
    assert torch.allclose(prompts.encode(("a cat",), 1, (same,)), bare, atol=1e-6)
    assert not torch.allclose(prompts.encode(("a cat",), 1, (other,)), bare, atol=1e-2)
    assert torch.equal(prompts.encode(("a cat",), 1), bare)
