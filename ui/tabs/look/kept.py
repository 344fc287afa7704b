"""What a reloaded page shows: what its browser had on it last, or else how this browser's newest render is made."""

from __future__ import annotations

from contextlib import suppress

from pydantic import ValidationError

from jobs.job import Job
from pipeline.errors import FootageError
from pipeline.recipe.base import Settings
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.version import version_in
from verbs.orders import patch_of, recipe_of


class Kept(Settings):
    """The settings on a page, as its browser keeps them. owner: whose page it is."""

    owner: str
    recipe: Recipe


def kept_by(text: str, owner: str) -> Recipe | None:
    """The settings that a browser kept; None for those of somebody else who used it, or of another Photoplay."""
    with suppress(ValidationError):
        kept = Kept.model_validate_json(text)
        return kept.recipe if kept.owner == owner else None
    return None


def recipe_of_whole(job: Job) -> Recipe:
    """The recipe of a render job; of one that redoes a stretch, the recipe of the version that it is laid into."""
    patch = patch_of(job)
    if patch is not None:
        with suppress(FootageError):
            return parse_recipe(version_in(patch.base).recipe, patch.base.name)
    return recipe_of(job)
