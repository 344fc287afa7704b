"""The looks that one can choose: presets by their name, recipe files by their path, and what people have saved."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import RecipeError
from pipeline.files import atomic, explained
from pipeline.models.store import ModelStore
from pipeline.recipe.load import changed, load_recipe, save_recipe
from pipeline.recipe.networks import model_name
from pipeline.recipe.recipe import Recipe

PRESETS = Path(__file__).parent.parent / "presets"
OWN = "own/"
"""How the name of a preset begins that somebody has saved for themselves."""
MOST = 200
"""Presets that one person can keep."""


@dataclass(frozen=True)
class PresetStatus:
    """A preset and, when it cannot be rendered here, one sentence for each thing that is missing.

    picture: a frame of the sample shot in this look, and figures: what was measured of it, where somebody has made
    them (`benchmarks/looks.py`).
    """

    name: str
    recipe: Recipe
    missing: tuple[str, ...]
    picture: Path | None = None
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def own(self) -> bool:
        """Whether somebody has saved it for themselves."""
        return self.name.startswith(OWN)


class Looks:
    """The presets of Photoplay, and beside them those of one owner. Nobody sees what another has saved."""

    def __init__(self, models: ModelStore, place: Callable[[str], Path]) -> None:
        """place: an owner's id -> the folder of their presets."""
        self._models, self._place = models, place

    def of(self, owner: str) -> list[PresetStatus]:
        """Every preset, then the owner's own by name; a file that is no recipe any more is left out."""
        found = presets(self._models)
        for path in sorted(self._place(owner).glob("[!.]*.toml")):
            try:
                recipe = load_recipe(path)
            except RecipeError:
                continue
            found.append(PresetStatus(f"{OWN}{path.stem}", recipe, self._models.missing(recipe)))
        return found

    def save(self, owner: str, title: str, recipe: Recipe) -> PresetStatus:
        """Keep a recipe as a preset of the owner's; one of the same title is replaced. Raises RecipeError, OutputError.

        title: 1 to 80 letters.
        """
        title = " ".join(title.split())
        name = model_name(title)
        if not name or len(title) > 80:
            raise RecipeError("A preset needs a title of 1 to 80 letters.", "Write what the look is, say Night blue.")
        path = self._place(owner) / f"{name}.toml"
        if not path.exists() and len(list(path.parent.glob("*.toml"))) >= MOST:
            raise RecipeError(f"You keep {MOST} presets already.", "Remove one first.")
        kept = recipe.model_copy(update={"title": title})
        with atomic(path) as part:
            save_recipe(kept, part)
        return PresetStatus(f"{OWN}{name}", kept, self._models.missing(kept))

    def remove(self, owner: str, name: str) -> None:
        """Delete a preset that the owner has saved. Raises RecipeError when there is none, OutputError."""
        path = self._place(owner) / f"{model_name(name.removeprefix(OWN))}.toml"
        if not name.startswith(OWN) or not path.is_file():
            raise RecipeError("There is no such preset of yours.", "Choose one of the list.")
        with explained(path):
            path.unlink()


def presets(models: ModelStore) -> list[PresetStatus]:
    """Every preset of Photoplay, in the order of their names, with what is missing for it among these models."""
    return [_status(path, models) for path in sorted(PRESETS.glob("*.toml"))]


def _status(path: Path, models: ModelStore) -> PresetStatus:
    recipe, picture, figures = load_recipe(path), path.with_suffix(".png"), path.with_suffix(".json")
    told = json.loads(figures.read_text(encoding="utf-8")) if figures.is_file() else {}
    return PresetStatus(path.stem, recipe, models.missing(recipe), picture if picture.is_file() else None, told)


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
