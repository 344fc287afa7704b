"""The prompt syntax against what Auto1111 documents for it, and against text that nobody should write."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.prompt.composed import Part, parts_of
from pipeline.engine.prompt.editing import edited
from pipeline.engine.prompt.weights import Span, literal, weighted


def runs(prompt: str, steps: int = 10) -> list[tuple[int, str]]:
    """(last step, text) for each stretch of steps, counted from 1."""
    text = edited(prompt, steps)
    found: list[tuple[int, str]] = []
    for step in range(1, steps + 1):
        if found and found[-1][1] == text.at(step):
            found.pop()
        found.append((step, text.at(step)))
    return found


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("test", [(10, "test")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3]", [(3, "a "), (10, "a b")]),
        ("a [b::3]", [(3, "a b"), (10, "a ")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("a [b:.5] c", [(5, "a  c"), (10, "a b c")]),
        ("a [{b|d{:.5] c", [(5, "a  c"), (10, "a {b|d{ c")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("a [b:c:99]", [(10, "a b")]),
        (r"a \[b:3\]", [(10, r"a \[b:3\]")]),
        ("a [b]", [(10, "a [b]")]),
        ("a [b:c:d:3]", [(10, "a [b:c:d:3]")]),
        ("[a:b:0.25]", [(2, "a"), (10, "b")]),
    ],
)
def test_text_changes_at_the_steps_that_auto1111_documents(prompt: str, expected: list[tuple[int, str]]) -> None:
    assert runs(prompt) == expected


def test_alternatives_take_turns() -> None:
    assert runs("[a|(b:1.1)]") == [(step, "a" if step % 2 else "(b:1.1)") for step in range(1, 11)]
    assert [edited("[fe|]male", 4).at(step) for step in range(5)] == ["female", "female", "male", "female", "male"]
    assert [edited("[x|y [z:1]|w]", 4).at(step) for step in (1, 2, 3, 4)] == ["x", "y z", "w", "x"]


def spans(prompt: str) -> list[tuple[str, float]]:
    (group,) = weighted(prompt)
    return [(span.text, span.weight) for span in group]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("normal text", [("normal text", 1.0)]),
        ("an (important) word", [("an ", 1.0), ("important", 1.1), (" word", 1.0)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        (r"\(literal\]", [("(literal]", 1.0)]),
        (r"a\\b", [(r"a\b", 1.0)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        ("less [of it]", [("less ", 1.0), ("of it", 1 / 1.1)]),
        ("closes nothing) here]", [("closes nothing) here]", 1.0)]),
        ("at 16:9, f:1.4", [("at 16:9, f:1.4", 1.0)]),
        ("(none: 0)", [("none", 0.0)]),
        (
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                ("a ", 1.0),
                ("house", 1.573),
                (" ", 1.1),
                ("on", 1.0),
                (" a ", 1.1),
                ("hill", 0.55),
                (", sun, ", 1.1),
                ("sky", 1.4641),
                (".", 1.1),
            ],
        ),
        ("", []),
    ],
)
def test_weights_are_those_that_auto1111_documents(prompt: str, expected: list[tuple[str, float]]) -> None:
    found = spans(prompt)
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in expected])


def test_break_ends_a_chunk_and_stands_in_capitals() -> None:
    assert weighted("a BREAK (b\nBREAK c) break") == (
        (Span("a"),),
        (Span("b", 1.1),),
        (Span("c", 1.1), Span(" break")),
    )
    assert weighted("BREAKING news") == ((Span("BREAKING news"),),)


def test_and_joins_prompts_with_weights() -> None:
    assert parts_of("a cat AND a dog :1.2 AND (a bird:1.3)") == (
        Part("a cat "),
        Part(" a dog", 1.2),
        Part(" (a bird:1.3)"),
    )
    assert parts_of("a cat and a LAND :-.5") == (Part("a cat and a LAND", -0.5),)


@given(st.text(st.sampled_from("ab ()[]\\:|.159,"), max_size=60))
def test_no_text_breaks_the_parsers(prompt: str) -> None:
    for part in parts_of(prompt):
        for step in (0, 1, 7):
            assert all(math.isfinite(s.weight) for group in weighted(edited(part.text, 7).at(step)) for s in group)
    assert "".join(span.text for span in weighted(literal(prompt))[0]) == prompt


@pytest.mark.parametrize("prompt", ["[" * 50_000, "[" * 50_000 + "]" * 50_000, "[]" * 50_000, "(" * 50_000])
def test_a_prompt_full_of_brackets_ends_in_time_and_stays_text(prompt: str) -> None:
    assert edited(prompt, 10).at(1) == prompt
