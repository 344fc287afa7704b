"""The recipe that a picture carries: a whole one of ours, or settings of Auto1111's."""

from __future__ import annotations

import json
from typing import cast

from pipeline.errors import RecipeError
from pipeline.recipe.infotext import OWN_KEYWORD, infotext_in_png, parse_infotext, texts_in_png
from pipeline.recipe.load import Table, parse_recipe
from pipeline.recipe.notes import Names
from pipeline.recipe.pasted import Pasted, recipe_from


def recipe_in_png(data: bytes, known: Names) -> Pasted:
    """The recipe of a PNG: the very one where Photoplay wrote it, else what Auto1111's text says.

    known: models by their hashes. Raises RecipeError when it carries neither, or a recipe that is not valid here.
    """
    own = texts_in_png(data).get(OWN_KEYWORD)
    if own is None:
        return recipe_from(parse_infotext(infotext_in_png(data)), None, known)
    try:
        found = json.loads(own)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RecipeError("The recipe in this picture is damaged.", "Get the picture again.")
    return Pasted(parse_recipe(cast(Table, found), "The picture"), ())
