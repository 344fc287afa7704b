"""Control pictures that the engine rendered: depth and normals in the colours that the ControlNets learned from."""

from __future__ import annotations

import difflib
import math
from functools import cached_property

import cv2
import numpy as np

from pipeline.clip.depth import Depth, depth_of
from pipeline.clip.engine_passes import CAMERAS, PassKind
from pipeline.clip.normals import Normals, Vectors, normals_of
from pipeline.clip.objects import GivenRegion, matte_of, regions_of
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, ModelMissing
from pipeline.frames import Matte, Picture
from pipeline.keys import Key, key_of
from pipeline.recipe.passes import RENDERABLE, ControlSpec
from pipeline.recipe.regions import Object

VERSION = 1
"""Raised when the same passes give other pictures."""
NOTHING = np.array([0, 0, 1], np.float32)
"""The normal of what has none: it faces the camera."""


class GivenControls:
    """The control pictures of a shot's engine passes. What holds for the whole shot is worked out when first needed."""

    def __init__(self, rendered: Rendered) -> None:
        self.rendered = rendered

    @cached_property
    def _depth(self) -> Depth:
        return depth_of(self.rendered)

    @cached_property
    def _normals(self) -> Normals:
        return normals_of(self.rendered)

    @cached_property
    def _regions(self) -> dict[str, GivenRegion]:
        return {region.name: region for region in regions_of(self.rendered)}

    def matte(self, region: Object, frame: int) -> Matte | None:
        """Where an object is in a frame; None where it is not. Raises FootageError when the pass cannot be read."""
        return matte_of(self.rendered, self._regions[region.name], frame)

    def picture(self, spec: ControlSpec, frame: int, angle: float) -> Picture:
        """What this control sees of a frame: uint8 RGB at the plate's size, not turned.

        Depth: white is near, one scale for the whole shot; black where a frame is missing and may be.
        Normals: red to the left, green up, blue towards the camera (the colours of ScanNet, which normalbae was trained
        on), in the axes that the picture will have once it is turned clockwise by `angle` degrees.
        Raises FootageError when the pass or its cameras cannot be read.
        """
        drawn = self._grey(frame) if spec.kind == "depth" else self._coloured(frame, angle)
        size = (self.rendered.width, self.rendered.height)
        if (drawn.shape[1], drawn.shape[0]) == size:
            return drawn
        shrinks = drawn.shape[1] > size[0]
        return cv2.resize(drawn, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR).astype(np.uint8)

    def _grey(self, frame: int) -> Picture:
        near = self._depth.near(frame)
        if near is None:
            return np.zeros((self.rendered.height, self.rendered.width, 3), np.uint8)
        return np.repeat((near * 255 + 0.5).astype(np.uint8)[:, :, None], 3, axis=2)

    def _coloured(self, frame: int, angle: float) -> Picture:
        vectors = self._normals.facing(frame)
        if vectors is None:
            vectors = np.zeros((self.rendered.height, self.rendered.width, 3), np.float32)
        return normal_colours(turned(vectors, angle))


def turned(vectors: Vectors, angle: float) -> Vectors:
    """The normals of a picture that is turned clockwise by `angle` degrees."""
    turn = math.radians(angle)
    across, along = math.cos(turn), math.sin(turn)
    rotation = np.array([[across, along, 0], [-along, across, 0], [0, 0, 1]], np.float32)
    return vectors @ rotation.T


def normal_colours(vectors: Vectors) -> Picture:
    """uint8 RGB of unit normals (x to the right, y up, z towards the viewer): red left, green up, blue near."""
    nothing = ~vectors.any(axis=-1, keepdims=True)
    shown = np.where(nothing, NOTHING, vectors) * np.array([-1, 1, 1], np.float32)
    return ((shown + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8)


def check_given(shot: Shot, pass_name: str, spec: ControlSpec) -> None:
    """Raise FootageError when a control wants a pass that the shot does not bring or that cannot be used.

    Raises ModelMissing when it is to be estimated and nothing here estimates it.
    """
    if spec.source == "estimated":
        if spec.kind in RENDERABLE:
            raise ModelMissing(
                f"There is no estimator for the control {spec.kind} of the pass {pass_name}.",
                "Bring the engine's own pass and set its source to rendered.",
            )
        return
    if shot.rendered is None or spec.kind not in shot.rendered.kinds:
        raise FootageError(
            f"The control {spec.kind} of the pass {pass_name} is to be rendered, but {shot.name} brings no such pass.",
            "Give the folder with the engine's passes, or switch the control off.",
        )
    if spec.kind == "normal":
        normals_of(shot.rendered)


def given_key(shot: Shot, spec: ControlSpec) -> Key | None:
    """The key of a rendered control's pictures; None for one that is read off the plate, whose key is the plate's."""
    if spec.source != "rendered" or shot.rendered is None:
        return None
    kinds: dict[str, PassKind] = {"depth": "depth", "normal": "normal"}
    found = shot.rendered.get(kinds[spec.kind])
    inputs = [shot.rendered.key(found)]
    if spec.kind == "normal" and CAMERAS in shot.rendered.keys:
        inputs.append(shot.rendered.keys[CAMERAS])
    return key_of("control.given", VERSION, {"kind": spec.kind}, inputs)


def object_key(shot: Shot, pass_name: str, region: Object) -> Key:
    """The key of an object's mattes. Raises FootageError when the shot brings no object of this name."""
    regions = {} if shot.rendered is None else {found.name: found for found in regions_of(shot.rendered)}
    if shot.rendered is None or region.name not in regions:
        near = difflib.get_close_matches(region.name, regions, 1, 0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(regions) or 'none'}."
        raise FootageError(f"The pass {pass_name} works at {region.name}, which {shot.name} does not bring.", hint)
    found = regions[region.name]
    settings = {"channel": found.channel, "number": found.number}
    return key_of("object.matte", VERSION, settings, (shot.rendered.key(found.source),))
