"""Controls made from the settings: label, bounds and help come from the field, and values go back into a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import annotated_types
import gradio as gr
from gradio.components import Component
from pydantic.fields import FieldInfo

from pipeline.recipe.load import recipe_with
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe

WIDEST_SLIDER = 1000
"""A range with more steps than this cannot be met with a slider; it gets a number field."""


class Bound:
    """Controls by the path of the setting that each one shows."""

    def __init__(self) -> None:
        self.controls: dict[str, Component] = {}

    def add(self, path: str, value: Any, **looks: Any) -> Component:
        """Make the control of a setting here on the page. looks: passed to Gradio (lines, elem_classes, ...)."""
        self.controls[path] = control(path.rpartition(".")[2], field_of(path), value, **looks)
        return self.controls[path]

    def values(self, given: Mapping[Component, Any]) -> dict[str, Any]:
        """The values out of what a handler was given. An emptied text is None where a setting may be absent."""
        return {
            path: None if given[component] == "" and _optional(field_of(path)) else given[component]
            for path, component in self.controls.items()
        }

    def applied(self, recipe: Recipe, given: Mapping[Component, Any]) -> Recipe:
        """The recipe with what is set; values of passes that it does not have are left out. Raises RecipeError."""
        return recipe_with(recipe, {path: value for path, value in self.values(given).items() if has(recipe, path)})

    def shown(self, recipe: Recipe) -> dict[Component, Any]:
        """What each control shows for a recipe; a control whose pass the recipe does not have stays as it is."""
        found = {path: value_at(recipe, path) for path in self.controls if has(recipe, path)}
        return {self.controls[path]: gr.update(value="" if value is None else value) for path, value in found.items()}


def control(name: str, field: FieldInfo, value: Any, **looks: Any) -> Component:
    """A control for one setting: a switch, a slider, a number field, or a text.

    A number that may be absent is a text, which an emptied field says; Gradio's number field shows 0 instead.
    """
    looks = {"label": label_of(name, field), "info": field.description, "value": value, "interactive": True} | looks
    kinds = get_args(field.annotation) or (field.annotation,)
    low, high = _bounds(field)
    if bool in kinds:
        return gr.Checkbox(**looks)
    if str in kinds or _optional(field):
        return gr.Textbox(**{**looks, "value": "" if value is None else str(value), "max_lines": looks.get("lines", 1)})
    whole = int in kinds
    step = 1 if whole else _step(high - low)
    if (high - low) / step > WIDEST_SLIDER:
        return gr.Number(minimum=low, maximum=high, precision=0 if whole else None, **looks)
    return gr.Slider(low, high, step=step, **looks)


def label_of(name: str, field: FieldInfo) -> str:
    """The setting's title, or its name in plain words."""
    return field.title or name.replace("_", " ").capitalize()


def field_of(path: str) -> FieldInfo:
    """The field that a path of the recipe or of one of its passes names."""
    name = path.rpartition(".")[2]
    return (PassSpec if path.startswith("passes.") else Recipe).model_fields[name]


def has(recipe: Recipe, path: str) -> bool:
    """Whether the recipe has the pass that the path speaks of."""
    return not path.startswith("passes.") or path.split(".")[1] in {spec.name for spec in recipe.passes}


def value_at(recipe: Recipe, path: str) -> Any:
    """The value of a setting that the recipe has."""
    *parents, name = path.split(".")
    owner = next(spec for spec in recipe.passes if spec.name == parents[1]) if parents else recipe
    return getattr(owner, name)


def _optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _bounds(field: FieldInfo) -> tuple[float, float]:
    low = next((rule.ge for rule in field.metadata if isinstance(rule, annotated_types.Ge)), 0)
    high = next((rule.le for rule in field.metadata if isinstance(rule, annotated_types.Le)), 0)
    return low, high  # pyright: ignore[reportReturnType]  # numbers, which the library types as "can be compared"


def _step(span: float) -> float:
    return 0.01 if span <= 2 else 0.5
