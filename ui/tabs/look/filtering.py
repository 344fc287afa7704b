"""The filters before the passes and after them: which are on, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import gradio as gr
from gradio.blocks import Block

from pipeline.recipe.filters import AnyFilter
from pipeline.recipe.recipe import Recipe
from ui.bind import Given, word_of

PLACES = {"prepare": "Before the passes", "finish": "After the passes"}
FILTERS = {one.model_fields["kind"].default: one for one in get_args(get_args(AnyFilter)[0])}
"""Kind of filter -> its settings."""
READY = tuple(kind for kind, one in FILTERS.items() if all(not f.is_required() for f in one.model_fields.values()))
"""The kinds that can be switched on by their name alone."""


class Filtering:
    """A folded part with a list of filters for each place. What is picked first works first."""

    def __init__(self, recipe: Recipe) -> None:
        with gr.Accordion(head_of(recipe), open=False, elem_classes="folded", elem_id="filters") as self.folded:
            self.lists = {
                place: gr.Dropdown(
                    choices_of(getattr(recipe, place)),
                    value=kinds_of(getattr(recipe, place)),
                    label=label,
                    info="They work in this order. Their amounts are under Show every setting.",
                    multiselect=True,
                    elem_id=f"filters-{place}",
                )
                for place, label in PLACES.items()
            }

    @property
    def parts(self) -> list[Block]:
        """What changes with the recipe."""
        return [self.folded, *self.lists.values()]

    def applied(self, recipe: Recipe, given: Given) -> Recipe:
        """The recipe with the filters that are picked."""
        picked = {place: picked_of(getattr(recipe, place), given[one] or ()) for place, one in self.lists.items()}
        return recipe.model_copy(update=picked)

    def shown(self, recipe: Recipe) -> dict[Block, Any]:
        """What the lists show for a recipe."""
        updates: dict[Block, Any] = {self.folded: gr.Accordion(label=head_of(recipe))}
        for place, one in self.lists.items():
            filters = getattr(recipe, place)
            updates[one] = gr.Dropdown(choices_of(filters), value=kinds_of(filters))
        return updates


def kinds_of(filters: Sequence[AnyFilter]) -> list[str]:
    """The kinds that are on, each once, in the order of their first."""
    return list(dict.fromkeys(one.kind for one in filters if one.enabled))


def picked_of(filters: Sequence[AnyFilter], kinds: Sequence[str]) -> tuple[AnyFilter, ...]:
    """The filters of these kinds in this order: with the settings they have in the recipe, or as they come.

    Filters that stay as they are keep their places, also where a kind stands in two.
    """
    if list(kinds) == kinds_of(filters):
        return tuple(filters)
    found: list[AnyFilter] = []
    for kind in kinds:
        own = [one for one in filters if one.kind == kind]
        found += [one for one in own if one.enabled] or [one.model_copy(update={"enabled": True}) for one in own]
        if not own:
            found.append(FILTERS[kind]())
    return tuple(found)


def choices_of(filters: Sequence[AnyFilter]) -> list[tuple[str, str]]:
    """What can be picked: every kind that needs nothing more, and what the recipe has."""
    there = [one.kind for one in filters]
    return [(word_of(kind), kind) for kind in FILTERS if kind in READY or kind in there]


def head_of(recipe: Recipe) -> str:
    """What is on, in a line."""
    on = [", ".join(word_of(kind) for kind in kinds_of(getattr(recipe, place))) for place in PLACES]
    told = [f"{when}: {words}" for when, words in zip(("before", "after"), on, strict=True) if words]
    return " · ".join(["Filters", *(told or ["none"])])
