"""What the matte editor gives back: a matte at the plate's size, what was added and taken away, whose it becomes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from pipeline.errors import PhotoplayError
from pipeline.frames import Mask, Picture
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.passes import PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import Correction, Painted
from ui.theme import ACCENT, ERROR

PATCH = "patch"
"""The name of the pass over the painted patch."""
TEMPLATE = PassSpec(name=PATCH, region=Painted(matte="0" * 64, frame=0, first=0, last=0), denoising_strength=0.4)
"""What the panel of that pass is made from; it is shown once there is a matte."""
ADD, REMOVE = ACCENT, ERROR
"""Colours of the two brushes: a blue one that adds and a red one that takes away."""
SHEER = 0.7
"""Opacity of a stroke: what lies under it stays to be seen."""
VEIL = 0.4
"""The same of the matte as it is."""
THERE = 64
"""Level of 255 from which a pixel of the editor's is painted: well inside the edge of a stroke of that opacity."""


def with_matte(picture: Picture, matte: Mask | None) -> Picture:
    """A frame with a matte over it, uint8 RGB: a veil in the colour that adds, and its outline."""
    if matte is None:
        return picture
    shown, colour = picture.astype(np.float32), np.array(ImageColor.getrgb(ADD), np.float32)
    inside = (matte > 0)[..., None]
    drawn = np.round(np.where(inside, (1 - VEIL) * shown + VEIL * colour, shown)).astype(np.uint8)
    edges, _ = cv2.findContours(matte, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(drawn, edges, -1, ImageColor.getrgb(ADD), 1), np.uint8)


def painted_in(painted: dict[str, Any] | None, width: int, height: int) -> tuple[Mask, Mask]:
    """What the editor holds, at the plate's size: what is added and what is taken away, uint8 [height, width], 0, 255.

    Raises PhotoplayError when nothing is painted.
    """
    layers: list[NDArray[np.uint8]] = [] if painted is None else painted["layers"]
    inside = [_sized(layer, width, height) for layer in layers if layer.shape[-1] == 4]
    strokes = [(layer[..., 3] >= THERE, layer[..., 0] > layer[..., 2]) for layer in inside]
    removed = _any([there & red for there, red in strokes], width, height)
    added = _any([there & ~red for there, red in strokes], width, height)
    if not added.any() and not removed.any():
        raise PhotoplayError("Nothing is painted yet.", "Blue adds to the matte, red takes away from it.")
    return added, removed


def _sized(layer: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A layer, straight RGBA, at another size; each pixel is one of its own, so that colours do not mix."""
    return np.asarray(cv2.resize(layer, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _any(masks: list[NDArray[np.bool_]], width: int, height: int) -> Mask:
    found = np.zeros((height, width), bool)
    for mask in masks:
        found |= mask
    return np.where(found, 255, 0).astype(np.uint8)


def with_patch(recipe: Recipe, region: Painted) -> Recipe:
    """The recipe with a pass over the painted region on top, led by the edges; one that is there gets the new matte."""
    there = next((spec for spec in recipe.passes if spec.name == PATCH), None)
    below = next((spec for spec in recipe.passes if spec.region.kind == "face"), recipe.passes[0])
    edges = tuple(control for control in below.controls if control.kind == "canny")
    taken = {"sampler": below.sampler, "steps": below.steps, "guidance_scale": below.guidance_scale, "size": below.size}
    strength = below.denoising_strength
    made = there or TEMPLATE.model_copy(update={**taken, "controls": edges, "denoising_strength": strength})
    made = made.model_copy(update={"region": region, "corrections": ()})
    others = tuple(spec for spec in recipe.passes if spec.name != PATCH)
    return _checked(recipe, (*others, made))


def with_corrections(recipe: Recipe, name: str, corrections: tuple[Correction, ...]) -> Recipe:
    """The recipe with these corrections of a pass's matte, in the place of those that it has."""
    passes = tuple(
        spec.model_copy(update={"corrections": corrections}) if spec.name == name else spec for spec in recipe.passes
    )
    return _checked(recipe, passes)


def corrections_of(recipe: Recipe, name: str) -> tuple[Correction, ...]:
    """The corrections of a pass's matte; none where there is no such pass."""
    return next((spec.corrections for spec in recipe.passes if spec.name == name), ())


def mattes_of(recipe: Recipe) -> list[str]:
    """The passes of a recipe that have a matte, bottom first."""
    return [spec.name for spec in recipe.passes if spec.region.kind != "whole_frame"]


def _checked(recipe: Recipe, passes: tuple[PassSpec, ...]) -> Recipe:
    return parse_recipe(recipe.model_copy(update={"passes": passes}).model_dump(mode="json"), recipe.title)
