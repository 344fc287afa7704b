from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.recipe.filters import Grain, Sharpen
from pipeline.recipe.footage import Footage
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from ui.differences import Difference, differences, in_words

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def test_what_differs_is_named_by_pass_and_setting(draft: Recipe) -> None:
    now = recipe_with(draft, {"seed": 7, "passes.face.denoising_strength": 0.4, "passes.face.controls.canny.weight": 0})
    assert differences(draft, now) == [
        Difference("", "seed", "1", "7"),
        Difference("face", "denoising strength", "0.2", "0.4"),
        Difference("face", "controls canny weight", "1", "0"),
    ]


def test_a_title_changes_no_picture(draft: Recipe) -> None:
    assert differences(draft, draft.model_copy(update={"title": "Other", "note": "Another"})) == []


def test_many_differences_are_told_in_few_words(draft: Recipe) -> None:
    now = recipe_with(draft, {"seed": 7, "prompt": "rain", "passes.body.steps": 9, "passes.face.steps": 9})
    assert in_words(differences(draft, now)) == "prompt, seed, body steps and 1 more"
    assert in_words([]) == ""


def test_a_pass_that_is_new_is_told(draft: Recipe) -> None:
    hands = draft.passes[0].model_copy(update={"name": "hands"})
    found = differences(draft, draft.model_copy(update={"passes": (*draft.passes, hands)}))
    assert {one.where for one in found} == {"hands"} and found[0].before == "empty"


def test_a_second_filter_of_a_kind_is_told_apart_from_the_first(draft: Recipe) -> None:
    twice = draft.model_copy(update={"finish": (Sharpen(amount=0.2), Sharpen(amount=0.5))})
    now = draft.model_copy(update={"finish": (Sharpen(amount=0.3), Sharpen(amount=0.5))})
    assert differences(twice, now) == [Difference("", "finish sharpen amount", "0.2", "0.3")]


def test_another_order_of_the_same_filters_is_told(draft: Recipe) -> None:
    before = draft.model_copy(update={"finish": (Sharpen(), Grain())})
    now = draft.model_copy(update={"finish": (Grain(), Sharpen())})
    assert differences(before, now) == [Difference("", "finish order", "sharpen, grain", "grain, sharpen")]
    fewer = draft.model_copy(update={"finish": (Sharpen(),)})
    assert all(one.name.startswith("finish grain") for one in differences(before, fewer))


def test_changed_cuts_and_rates_are_told() -> None:
    now = Footage(added_cuts=(30, 64), removed_cuts=(31,), rate="25")
    assert differences(Footage(added_cuts=(30,)), now) == [
        Difference("", "rate", "empty", "25"),
        Difference("", "added cuts", "30", "30, 64"),
        Difference("", "removed cuts", "empty", "31"),
    ]
    assert differences(now, now) == []
