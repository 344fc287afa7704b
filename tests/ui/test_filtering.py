"""Filters are chosen, ordered and set in one chain for each place; its value is the recipe's own list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from pipeline.errors import RecipeError
from pipeline.recipe.filters import GradeMatch, Grain, Sharpen
from pipeline.recipe.load import load_recipe
from pipeline.recipe.recipe import Recipe
from ui.chain.component import FILTERS, facts_of, told
from ui.tabs.look.filtering import Filtering, head_of

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def whole() -> Recipe:
    return load_recipe(PRESETS / "full-workflow.toml")


@pytest.fixture
def filtering(whole: Recipe) -> Filtering:
    with gr.Blocks():
        return Filtering(whole)


def values(filtering: Filtering, recipe: Recipe) -> dict[Any, Any]:
    return {one: filtering.shown(recipe)[one] for one in filtering.chains.values()}


def test_what_is_shown_comes_back_as_it_was(filtering: Filtering, whole: Recipe) -> None:
    twice = whole.model_copy(update={"finish": (Sharpen(amount=0.2), Grain(enabled=False), Sharpen(), GradeMatch())})
    for recipe in (whole, twice):
        assert filtering.applied(recipe, values(filtering, recipe)) == recipe


def test_order_and_amounts_are_the_chains(filtering: Filtering, whole: Recipe) -> None:
    given = values(filtering, whole)
    given[filtering.chains["finish"]] = told([Grain(amount=5.5), Sharpen(amount=0.7)])
    changed = filtering.applied(whole, given)
    assert changed.finish == (Grain(amount=5.5), Sharpen(amount=0.7)) and changed.prepare == whole.prepare


def test_a_value_that_cannot_be_is_named(filtering: Filtering, whole: Recipe) -> None:
    given = values(filtering, whole)
    given[filtering.chains["finish"]] = json.dumps([{"kind": "grain", "amount": 31}])
    with pytest.raises(RecipeError, match=r"finish\.grain\.amount"):
        filtering.applied(whole, given)


def test_every_filter_can_be_added_but_one_that_needs_a_file() -> None:
    assert {kind for kind in FILTERS if facts_of(kind)["fresh"] is None} == {"reference_hands"}
    assert facts_of("grain")["fresh"] == Grain().model_dump(mode="json")


@pytest.mark.parametrize("kind", FILTERS)
def test_each_setting_has_a_control_whose_every_value_the_recipe_takes(kind: str) -> None:
    """The ends of each slider too: a bound that is not reached lies a step beyond them."""
    settings, fields = facts_of(kind)["settings"], FILTERS[kind].model_fields
    assert {*settings} == {*fields} - {"kind", "enabled"}
    for name, shape in settings.items():
        assert shape["label"] and shape["info"] == fields[name].description
        tried = [choice for _, choice in shape["choices"]] or [shape["low"], shape["high"]]
        for value in tried if shape["kind"] != "text" else ["a file"]:
            needed = {"clip": "a file"} if kind == "reference_hands" else {}
            assert getattr(FILTERS[kind].model_validate(needed | {name: value}), name) == value


@pytest.mark.parametrize("kind", FILTERS)
def test_a_default_lies_on_its_slider(kind: str) -> None:
    """Otherwise the slider would show another value than the one that counts."""
    for name, shape in facts_of(kind)["settings"].items():
        if shape["kind"] == "slider":
            steps = (FILTERS[kind].model_fields[name].default - shape["low"]) / shape["step"]
            assert abs(steps - round(steps)) < 1e-6, f"{kind} {name}"


def test_the_header_says_what_is_on(whole: Recipe) -> None:
    assert head_of(whole).startswith("Filters · before: deflicker, ")
    assert "· after: local deflicker, dejitter, round trip, sharpen, grain" in head_of(whole)
    assert head_of(whole.model_copy(update={"prepare": (), "finish": (Sharpen(enabled=False),)})) == "Filters · none"
