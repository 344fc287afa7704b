"""Controls made from the settings: label, bounds and help come from the field, and values go back into a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import gradio as gr
from gradio.components import Component
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.recipe.load import recipe_with
from pipeline.recipe.pasted import SAMPLERS
from pipeline.recipe.recipe import Recipe
from ui.source import why

Given = Mapping[Component, Any]
"""What a handler with a set of inputs is given."""
WIDEST_SLIDER = 1000
"""A range with more steps than this cannot be met with a slider; it gets a number field."""
STEPS, WIDE_STEP = ((0.2, 0.001), (2, 0.01), (10, 0.1)), 0.5
"""How wide a range of fractions may be for a step of its slider, and the step of all that are wider."""
BOUNDS = ("ge", "gt", "le", "lt")
"""What the rules of a field call its bounds: reached, and not reached."""


class Bound:
    """Controls by the path of the setting that each one shows: `seed`, `passes.face.region.padding`."""

    def __init__(self) -> None:
        self.controls: dict[str, Component] = {}
        self._fields: dict[str, FieldInfo] = {}

    def add(self, path: str, recipe: Recipe, **looks: Any) -> Component:
        """Make the control of a setting of this recipe here on the page. looks: passed to Gradio (lines, ...)."""
        field = self._fields[path] = field_of(recipe, path)
        help_text = f"{field.description or ''} {why(path)}".strip()
        looks = {"info": help_text or None} | looks
        self.controls[path] = control(path.rpartition(".")[2], field, value_at(recipe, path), **looks)
        return self.controls[path]

    def values(self, given: Given) -> dict[str, Any]:
        """The values out of what a handler was given. An emptied text is None where a setting may be absent."""
        return {
            path: None if given[component] == "" and _optional(self._fields[path]) else given[component]
            for path, component in self.controls.items()
        }

    def applied(self, recipe: Recipe, given: Given) -> Recipe:
        """The recipe with what is set; values of passes that it does not have are left out. Raises RecipeError."""
        return recipe_with(recipe, {path: value for path, value in self.values(given).items() if has(recipe, path)})

    def shown(self, recipe: Recipe) -> dict[Component, Any]:
        """What each control shows for a recipe; the control of a setting that the recipe does not have is hidden."""
        return {component: self._shown(recipe, path) for path, component in self.controls.items()}

    def _shown(self, recipe: Recipe, path: str) -> Any:
        if not has(recipe, path):
            return gr.update(visible=False)
        value = value_at(recipe, path)
        return gr.update(value="" if value is None else value, visible=True)


@dataclass(frozen=True)
class Shape:
    """What a setting is met with on the page. low, high: bounds of a number. choices: of a list, word and value.

    A number that may be absent is a text, which an emptied field says; Gradio's number field shows 0 instead.
    """

    kind: Literal["switch", "list", "slider", "number", "text"]
    label: str
    info: str
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()


def shape_of(name: str, field: FieldInfo) -> Shape:
    """The shape of one setting, from its type, its bounds and its sentence."""
    told = label_of(name, field), field.description or ""
    if get_origin(field.annotation) is Literal:
        return Shape("list", *told, choices=tuple((word_of(choice), choice) for choice in get_args(field.annotation)))
    kinds = get_args(field.annotation) or (field.annotation,)
    if bool in kinds:
        return Shape("switch", *told)
    if str in kinds or _optional(field):
        return Shape("text", *told)
    low, high, step = _bounds(field, whole=int in kinds)
    return Shape("number" if (high - low) / step > WIDEST_SLIDER else "slider", *told, low, high, step)


def control(name: str, field: FieldInfo, value: Any, **looks: Any) -> Component:
    """A control for one setting: a switch, a list, a slider, a number field, or a text."""
    shape = shape_of(name, field)
    looks = {"label": shape.label, "info": shape.info or None, "value": value, "interactive": True} | looks
    if shape.kind == "list":
        return gr.Dropdown(list(shape.choices), **looks)
    if shape.kind == "switch":
        return gr.Checkbox(**looks)
    if shape.kind == "text":
        return gr.Textbox(**{**looks, "value": "" if value is None else str(value), "max_lines": looks.get("lines", 1)})
    if shape.kind == "number":
        return gr.Number(minimum=shape.low, maximum=shape.high, precision=0 if shape.step == 1 else None, **looks)
    return gr.Slider(shape.low, shape.high, step=shape.step, **looks)


def label_of(name: str, field: FieldInfo) -> str:
    """The setting's title, or its name in plain words."""
    return field.title or name.replace("_", " ").capitalize()


def word_of(choice: object) -> str:
    """What one of a setting's choices is called: samplers as Auto1111 calls them, the others in plain words."""
    return SAMPLERS.get(str(choice), str(choice).replace("_", " "))


def field_of(recipe: Recipe, path: str) -> FieldInfo:
    """The field that a path names. Raises KeyError when the recipe has no such setting."""
    parent, _, name = path.rpartition(".")
    owner = value_at(recipe, parent) if parent else recipe
    return type(owner).model_fields[name]


def has(recipe: Recipe, path: str) -> bool:
    """Whether the recipe has this setting: its pass, its kind of region, its control."""
    try:
        value_at(recipe, path)
    except KeyError:
        return False
    return True


def value_at(recipe: Recipe, path: str) -> Any:
    """The value of a setting; passes are called by their name, controls by their kind. Raises KeyError without one."""
    node: Any = recipe
    for part in path.split("."):
        node = _inside(node, part)
    return node


def _inside(node: Any, part: str) -> Any:
    if isinstance(node, BaseModel) and part in type(node).model_fields:
        return getattr(node, part)
    entries = node if isinstance(node, tuple) else ()
    named = {getattr(entry, "name", getattr(entry, "kind", None)): entry for entry in entries}
    return named[part]


def _optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _bounds(field: FieldInfo, whole: bool) -> tuple[float, float, float]:
    """The lowest and the highest value that can be set, and the step between values."""
    rules = {name: getattr(rule, name) for rule in field.metadata for name in BOUNDS if hasattr(rule, name)}
    low, high = rules.get("ge", rules.get("gt", 0)), rules.get("le", rules.get("lt", 0))
    step = 1 if whole else next((step for span, step in STEPS if high - low <= span), WIDE_STEP)
    return low + step * ("gt" in rules), high - step * ("lt" in rules), step
