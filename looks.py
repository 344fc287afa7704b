"""The looks that one can choose: presets by their name, recipe files by their path."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RecipeError
from pipeline.models.store import ModelStore
from pipeline.recipe.load import changed, load_recipe
from pipeline.recipe.recipe import Recipe

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class PresetStatus:
    """A preset and, when it cannot be rendered here, one sentence for each thing that is missing."""

    name: str
    recipe: Recipe
    missing: tuple[str, ...]


def presets(models: ModelStore) -> list[PresetStatus]:
    """Every preset, in the order of their names, with what is missing for it among these models."""
    found = [(path.stem, load_recipe(path)) for path in sorted(PRESETS.glob("*.toml"))]
    return [PresetStatus(name, recipe, models.missing(recipe)) for name, recipe in found]


def find_recipe(preset: str, changes: Sequence[str]) -> Recipe:
    """A preset by its name, or a recipe file by its path, with settings changed (`passes.face.steps=20`).

    Raises RecipeError when there is none or a setting is wrong.
    """
    path = Path(preset) if preset.endswith(".toml") else PRESETS / f"{preset}.toml"
    if not path.is_file():
        names = [p.stem for p in sorted(PRESETS.glob("*.toml"))]
        near = difflib.get_close_matches(preset, names, 1, 0.4)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
        raise RecipeError(f"There is no preset {preset}.", hint)
    return changed(load_recipe(path), changes)
