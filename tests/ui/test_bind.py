"""Controls come from the settings' own fields, and what is set on them comes back as a typed recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from pipeline.errors import RecipeError
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from ui.bind import Bound, control, field_of, has, value_at

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def made(recipe: Recipe, path: str, value: Any) -> Any:
    return control(path.rpartition(".")[2], field_of(recipe, path), value)


def test_a_bounded_number_is_a_slider_with_the_fields_bounds_and_help(draft: Recipe) -> None:
    slider = made(draft, "passes.face.denoising_strength", 0.5)
    assert isinstance(slider, gr.Slider)
    assert (slider.minimum, slider.maximum, slider.value) == (0, 1, 0.5)
    assert slider.label == "Denoising strength"
    assert slider.info == field_of(draft, "passes.face.denoising_strength").description


def test_each_kind_of_setting_has_its_control(draft: Recipe) -> None:
    assert isinstance(made(draft, "passes.body.enabled", True), gr.Checkbox)
    assert isinstance(made(draft, "passes.body.steps", 25), gr.Slider)
    assert isinstance(made(draft, "prompt", "film still"), gr.Textbox)
    assert isinstance(made(draft, "seed", 1), gr.Number), "four thousand million seeds do not fit on a slider"
    assert made(draft, "passes.face.feather", None).value == "", "an absent number shows as an empty field"


def test_settings_inside_a_region_and_a_control_are_found_by_name(draft: Recipe) -> None:
    assert isinstance(made(draft, "passes.body.sampler", "euler"), gr.Dropdown)
    assert ("Euler a", "euler_a") in made(draft, "passes.body.sampler", "euler").choices
    padding = made(draft, "passes.face.region.padding", 12)
    assert isinstance(padding, gr.Slider) and padding.maximum == 256
    assert value_at(draft, "passes.face.controls.canny.weight") == 1.0
    assert not has(draft, "passes.body.region.padding") and not has(draft, "passes.face.controls.depth.weight")


def test_the_tooltip_says_what_the_source_workflow_set(draft: Recipe) -> None:
    strength = Bound().add("passes.face.denoising_strength", draft)
    told = str(strength.info)
    assert "Expression is lost first." in told and "0.15 below the body" in told


def test_what_is_shown_comes_back_unchanged(draft: Recipe) -> None:
    paths = ["prompt", "seed", "passes.body.steps", "passes.face.feather", "passes.face.enabled"]
    bound = Bound()
    for path in paths:
        bound.add(path, draft)
    given = {
        bound.controls[path]: update["value"] for path, update in zip(paths, bound.shown(draft).values(), strict=True)
    }
    assert bound.applied(draft, given) == draft


def test_values_land_in_the_pass_they_name(draft: Recipe) -> None:
    changed = recipe_with(draft, {"seed": 7, "passes.face.denoising_strength": 0.4, "passes.face.feather": "12.5"})
    assert (changed.seed, changed.passes[1].denoising_strength, changed.passes[1].feather) == (7, 0.4, 12.5)
    assert changed.passes[0] == draft.passes[0]


def test_values_of_a_pass_the_recipe_does_not_have_are_left_out(draft: Recipe) -> None:
    hands = draft.passes[0].model_copy(update={"name": "hands"})
    bound, with_hands = Bound(), draft.model_copy(update={"passes": (*draft.passes, hands)})
    steps = bound.add("passes.hands.steps", with_hands)
    assert bound.applied(with_hands, {steps: 3}).passes[2].steps == 3
    assert bound.applied(draft, {steps: 3}) == draft
    assert bound.shown(draft)[steps]["visible"] is False
    with pytest.raises(RecipeError, match=r"`hands` in `passes\.hands\.steps` is not part"):
        recipe_with(draft, {"passes.hands.steps": 3})


def test_a_bad_value_is_named(draft: Recipe) -> None:
    with pytest.raises(RecipeError, match=r"passes\.face\.feather.*soft"):
        recipe_with(draft, {"passes.face.feather": "soft"})
    with pytest.raises(RecipeError, match=r"seed"):
        recipe_with(draft, {"seed": None})
