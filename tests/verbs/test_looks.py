"""Presets of Photoplay and of people: saved, replaced, removed, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import RecipeError
from pipeline.models.store import ModelStore
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from verbs.looks import PRESETS, Looks, presets


@pytest.fixture
def looks(tmp_path: Path, models: ModelStore) -> Looks:
    return Looks(models, lambda owner: tmp_path / owner / "presets")


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def test_a_saved_preset_is_its_owners_alone(looks: Looks, draft: Recipe) -> None:
    changed = recipe_with(draft, {"seed": 9})
    kept = looks.save("ann", "  Night   blue ", changed)
    assert (kept.name, kept.recipe.title, kept.own) == ("own/Night_blue", "Night blue", True)
    found = [preset for preset in looks.of("ann") if preset.own]
    assert [(preset.name, preset.recipe.seed) for preset in found] == [("own/Night_blue", 9)]
    assert not any(preset.own for preset in looks.of("bob"))
    looks.save("ann", "Night blue", draft)
    assert [preset.recipe.seed for preset in looks.of("ann") if preset.own] == [1]
    looks.remove("ann", kept.name)
    assert not any(preset.own for preset in looks.of("ann"))


def test_what_is_no_title_or_no_preset_is_refused(looks: Looks, draft: Recipe) -> None:
    for title in ("", "  ", "../..", "x" * 81):
        with pytest.raises(RecipeError, match="title"):
            looks.save("ann", title, draft)
    for name in ("draft", "own/nothing", "own/../../bob/presets/x"):
        with pytest.raises(RecipeError, match="no such preset"):
            looks.remove("ann", name)


def test_a_preset_file_with_a_typo_hides_no_other(looks: Looks, draft: Recipe, tmp_path: Path) -> None:
    looks.save("ann", "Good", draft)
    (tmp_path / "ann" / "presets" / "bad.toml").write_text("titel = 3")
    assert [preset.name for preset in looks.of("ann") if preset.own] == ["own/Good"]


def test_figures_beside_a_preset_are_read(models: ModelStore) -> None:
    for preset in presets(models):
        made = (PRESETS / f"{preset.name}.json").is_file(), (PRESETS / f"{preset.name}.png").is_file()
        assert made == (bool(preset.figures), preset.picture is not None)
