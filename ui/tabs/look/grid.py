"""One frame many times: with other values of one or two settings, or under every look, each cell measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import gradio as gr
import numpy as np

from pipeline.errors import PhotoplayError
from pipeline.recipe.load import recipe_with
from pipeline.recipe.recipe import Recipe
from ui.bind import has, value_at

MOST = 20
"""Cells of a grid; each of them is a preview."""
AROUND = 5
"""Values that are tried when none are given."""
NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Cell:
    """One preview among many: what it is called, and the recipe that made it."""

    caption: str
    recipe: Recipe


def axes_of(sliders: Mapping[str, gr.Slider]) -> list[tuple[str, str]]:
    """The settings that can be varied, as choices of a list: label and path."""
    return [(_axis_label(path, slider), path) for path, slider in sliders.items()]


def grid_of(recipe: Recipe, asked: Sequence[tuple[gr.Slider, str, str]]) -> list[Cell]:
    """A cell for every combination. asked: for one or two settings its slider, its path, and its values as text.

    Raises PhotoplayError for values that cannot be read or too many cells, RecipeError for values out of bounds.
    """
    axes = [(slider.label or path, path, values_in(text, slider, recipe, path)) for slider, path, text in asked]
    places = list(product(*(values for _, _, values in axes)))
    if not axes or len(places) > MOST:
        raise PhotoplayError(f"That are {len(places)} pictures.", f"Choose one or two settings, and at most {MOST}.")
    cells = list[Cell]()
    for place in places:
        chosen = {path: value for (_, path, _), value in zip(axes, place, strict=True)}
        words = ", ".join(f"{label.lower()} {value:g}" for (label, _, _), value in zip(axes, place, strict=True))
        cells.append(Cell(words, recipe_with(recipe, chosen)))
    return cells


def values_in(text: str, slider: gr.Slider, recipe: Recipe, path: str) -> list[float]:
    """The values that a text names: "0.4, 0.5, 0.6", or "0.4-0.6" for five from the first to the last.

    An empty text asks for five values around the one that is set. Raises PhotoplayError for any other text.
    """
    if not has(recipe, path):
        raise PhotoplayError("This preset has no such setting.", "Choose another one for the grid.")
    whole, low, high = slider.step == 1, float(slider.minimum), float(slider.maximum)
    if span := re.fullmatch(rf"\s*({NUMBER})\s*(?:-|to)\s*({NUMBER})\s*", text):
        found = list(np.linspace(float(span[1]), float(span[2]), AROUND))
    elif not text.strip():
        middle, reach = float(value_at(recipe, path)), min(0.1 * (high - low), 10)
        found = [min(max(value, low), high) for value in np.linspace(middle - reach, middle + reach, AROUND)]
    elif re.fullmatch(rf"\s*{NUMBER}(\s*[,;\s]\s*{NUMBER})*\s*", text):
        found = [float(number) for number in re.findall(NUMBER, text)]
    else:
        raise PhotoplayError(f"{text!r} are no values.", "Write them as 0.4, 0.5, 0.6 or as 0.4-0.6.")
    rounded = [round(value) if whole else round(float(value), 2) for value in found]
    return list(dict.fromkeys(rounded))


def _axis_label(path: str, slider: gr.Slider) -> str:
    name = str(slider.label)
    return f"{path.split('.')[1]}: {name.lower()}" if path.startswith("passes.") else name.lower()
