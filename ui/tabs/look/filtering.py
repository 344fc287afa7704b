"""The filters before the passes and after them, and what the folded part says of them."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
from gradio.blocks import Block

from pipeline.recipe.load import recipe_with
from pipeline.recipe.recipe import Recipe
from ui.bind import Given, word_of
from ui.chain.component import chain, told

PLACES = {"prepare": "Before the passes", "finish": "After the passes"}


class Filtering:
    """A folded part with a chain of filters for each place."""

    def __init__(self, recipe: Recipe) -> None:
        with gr.Accordion(head_of(recipe), open=False, elem_classes="folded", elem_id="filters") as self.folded:
            self.chains = {
                place: chain(f"filters-{place}", heading, getattr(recipe, place)) for place, heading in PLACES.items()
            }

    @property
    def parts(self) -> list[Block]:
        """What changes with the recipe."""
        return [self.folded, *self.chains.values()]

    def applied(self, recipe: Recipe, given: Given) -> Recipe:
        """The recipe with the filters as they are set. Raises RecipeError."""
        return recipe_with(recipe, {place: json.loads(given[one]) for place, one in self.chains.items()})

    def shown(self, recipe: Recipe) -> dict[Block, Any]:
        """What the chains show for a recipe."""
        values = {one: told(getattr(recipe, place)) for place, one in self.chains.items()}
        return {self.folded: gr.Accordion(label=head_of(recipe)), **values}


def head_of(recipe: Recipe) -> str:
    """What is on, in a line."""
    on = [", ".join(word_of(one.kind) for one in getattr(recipe, place) if one.enabled) for place in PLACES]
    told = [f"{when}: {words}" for when, words in zip(("before", "after"), on, strict=True) if words]
    return " · ".join(["Filters", *(told or ["none"])])
