"""Frames to mend: the worst ones, each with a render of its surround at a lower denoising strength."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.measure.regions import FACE
from pipeline.recipe.load import recipe_with
from pipeline.recipe.recipe import Recipe
from pipeline.version import Stretch
from ui.player.shown import Measured
from ui.rows import button

RecipeAt = Callable[[int], Recipe]
"""Frame of a version -> the recipe that it was made with."""
AROUND = 8
"""Frames before and after the worst one that are rendered again."""
LOWER = 0.1
"""By how much the denoising strength is lowered."""
LEAST = 0.05


def worst_of(measured: Measured, recipe_at: RecipeAt) -> str:
    """The frames to look at first, as HTML: a click goes to the frame, the button renders its surround again."""
    rows = "".join(
        f'<li><span data-goto="{worst["frame"]}" tabindex="0"><b>{worst["frame"]:04d}</b> '
        f"{escape(worst['what'])}</span>{_redo(number, worst, recipe_at(worst['frame']))}</li>"
        for number, worst in enumerate(measured["worst"])
    )
    return f'<p class="heading">Worst frames</p><ul class="frames">{rows}</ul>' if rows else ""


def stretches_of(stretches: Sequence[Stretch]) -> str:
    """The stretches of a version that were redone, in words; a click goes to the first frame."""
    rows = "".join(
        f'<li data-goto="{one.frames[0]}" tabindex="0"><span><b>{one.frames[0]:04d}-{one.frames[1]:04d}</b> '
        f"redone at {_strengths(one)}, the rest from {escape(one.laid_into)}</span></li>"
        for one in stretches
    )
    return f'<ul class="frames" id="stretches">{rows}</ul>' if rows else ""


def _strengths(stretch: Stretch) -> str:
    passes = (spec for spec in stretch.recipe["passes"] if spec["enabled"])
    return ", ".join(f"{escape(spec['name'])} {spec['denoising_strength']:.2f}" for spec in passes)


def _redo(number: int, worst: Mapping[str, Any], recipe: Recipe) -> str:
    name, now, lower = lowered(worst, recipe)
    if lower >= now:
        return ""
    return button("redo", str(number), f"Redo at {lower:.2f}").replace(
        "<button", f'<button title="{escape(name)} from {now:.2f} to {lower:.2f}, {2 * AROUND + 1} frames"', 1
    )


def lowered(worst: Mapping[str, Any], recipe: Recipe) -> tuple[str, float, float]:
    """The pass that is to blame for a worst frame, its denoising strength, and the one to try."""
    of_face = worst["measure"] == "expression" or worst["name"] == FACE
    passes = [spec for spec in recipe.active_passes if (spec.region.kind != "whole_frame") == of_face]
    spec = (passes or recipe.active_passes or recipe.passes)[0]
    return spec.name, spec.denoising_strength, max(round(spec.denoising_strength - LOWER, 2), LEAST)


def redone(measured: Measured, recipe_at: RecipeAt, number: int) -> tuple[Recipe, FrameRange]:
    """What is rendered to mend the worst frame of this number: inside its set-up. Raises PhotoplayError without one."""
    if not 0 <= number < len(measured["worst"]):
        raise PhotoplayError("There is no such frame.", "Choose one of the list.")
    worst, frames = measured["worst"][number], measured["frames"]
    at, starts = worst["frame"], [frames["first"], *measured["cuts"], frames["last"] + 1]
    first = max(start for start in starts if start <= at)
    last = min(start for start in starts if start > at) - 1
    recipe = recipe_at(at)
    name, _, lower = lowered(worst, recipe)
    chosen = recipe_with(recipe, {f"passes.{name}.denoising_strength": lower})
    return chosen, FrameRange(max(at - AROUND, first), min(at + AROUND, last))
