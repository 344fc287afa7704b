"""Presets: small TOML files whose every setting is known."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import RefusedFile
from pipeline.recipe.load import load_recipe
from workspaces.limits import Limits

LARGEST = 256_000
"""Bytes; a recipe has some thousands."""


def check_preset(path: Path, limits: Limits) -> None:
    """Raise RefusedFile or RecipeError unless this is a recipe."""
    if path.stat().st_size > LARGEST:
        raise RefusedFile(f"{path.name} is too large for a preset.", "A preset is a TOML file of some lines.")
    load_recipe(path)
