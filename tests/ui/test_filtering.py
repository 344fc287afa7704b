"""Which filters are on, in which order; what is not picked anew keeps its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.recipe.filters import Grain, Halation, ReferenceHands, Sharpen
from pipeline.recipe.load import load_recipe
from pipeline.recipe.recipe import Recipe
from ui.tabs.look.filtering import FILTERS, READY, choices_of, head_of, kinds_of, picked_of

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def whole() -> Recipe:
    return load_recipe(PRESETS / "full-workflow.toml")


def test_what_is_picked_comes_in_that_order_with_the_settings_it_had() -> None:
    own = (Sharpen(amount=0.7), Grain(amount=3.0))
    assert picked_of(own, ["grain", "halation", "sharpen"]) == (own[1], Halation(), own[0])
    assert picked_of(own, ["grain"]) == own[1:]
    assert picked_of(own, []) == ()


def test_filters_that_stay_as_they_are_keep_their_places() -> None:
    twice = (Sharpen(amount=0.2), Grain(), Sharpen(amount=0.5))
    assert picked_of(twice, kinds_of(twice)) == twice
    assert picked_of(twice, ["sharpen"]) == (twice[0], twice[2])


def test_one_that_was_off_is_switched_on_as_it_was_set() -> None:
    off = (Sharpen(amount=0.2, enabled=False), Grain())
    assert kinds_of(off) == ["grain"]
    assert picked_of(off, ["grain", "sharpen"]) == (off[1], Sharpen(amount=0.2))
    assert picked_of(off, ["grain"]) == off


def test_every_filter_can_be_picked_but_one_that_needs_a_file() -> None:
    assert set(FILTERS) - set(READY) == {"reference_hands"}
    assert "reference_hands" not in dict(choices_of(())).values()
    assert "reference_hands" in dict(choices_of((ReferenceHands(clip="hands.mp4"),))).values()


def test_the_header_says_what_is_on(whole: Recipe) -> None:
    assert head_of(whole).startswith("Filters · before: deflicker, ")
    assert "· after: local deflicker, dejitter, round trip, sharpen, grain" in head_of(whole)
    assert head_of(whole.model_copy(update={"prepare": (), "finish": ()})) == "Filters · none"
