"""Where chunks end: after 75 tokens, at the last comma, at BREAK, and never inside an embedding."""

from __future__ import annotations

import pytest
import torch

from pipeline.engine.prompt.chunks import Embedding, Token, Words, chunked
from pipeline.engine.prompt.weights import weighted
from pipeline.keys import key_of

LETTERS = Words(lambda text: [ord(letter) for letter in text.replace(" ", "")], ord(","), 75)


def chunks(prompt: str, *embeddings: Embedding) -> list[list[Token]]:
    return chunked(weighted(prompt), LETTERS, embeddings)


def texts(prompt: str) -> list[str]:
    return ["".join(chr(token.id) for token in chunk) for chunk in chunks(prompt)]


def embedding(name: str, count: int) -> Embedding:
    vectors = torch.arange(count).float()[:, None].expand(count, 4)
    return Embedding(key_of(name, 1, {}, ()), tuple(map(ord, name)), vectors)


def test_a_chunk_holds_75_tokens() -> None:
    assert texts("") == [""]
    assert texts("a" * 75) == ["a" * 75]
    assert texts("a" * 76) == ["a" * 75, "a"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a" * 60 + "," + "b" * 20, ["a" * 60 + ",", "b" * 20]),
        ("a" * 55 + "," + "b" * 20, ["a" * 55 + ",", "b" * 20]),
        ("a" * 54 + "," + "b" * 21, ["a" * 54 + "," + "b" * 20, "b"]),
        ("a" * 74 + "," + "b" * 5, ["a" * 74 + ",", "b" * 5]),
        ("a" * 75 + "," + "b" * 5, ["a" * 75, "," + "b" * 5]),
        ("a" * 70 + "," + "b" * 4, ["a" * 70 + "," + "b" * 4]),
    ],
)
def test_what_follows_the_last_comma_goes_to_the_next_chunk(prompt: str, expected: list[str]) -> None:
    assert texts(prompt) == expected


def test_break_leaves_the_rest_of_the_chunk_empty() -> None:
    assert texts("a BREAK b") == ["a", "b"]
    assert texts("BREAK b") == ["", "b"]
    assert texts("a BREAK") == ["a"]


def test_tokens_carry_the_weight_of_their_words() -> None:
    ((a, b, c),) = chunks("a(b:1.3)[c]")
    assert (a.weight, b.weight, c.weight) == pytest.approx((1, 1.3, 1 / 1.1))


def test_an_embedding_takes_a_place_for_each_vector_and_is_never_split() -> None:
    ((x, *own, y),) = chunks("x(good:1.2)y", embedding("good", 3))
    assert [token.vector[0].item() for token in own if token.vector is not None] == [0, 1, 2]
    assert [token.weight for token in own] == [1.2] * 3
    assert x.vector is None and y.vector is None
    first, second = chunks("x" * 73 + "good", embedding("good", 3))
    assert (len(first), len(second)) == (73, 3)


def test_the_longest_name_wins() -> None:
    ((token,),) = chunks("goodness", embedding("good", 2), embedding("goodness", 1))
    assert token.vector is not None
