"""What filters may ask about the shot of a render: its plate, its faces, its cuts, and what a face does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from pipeline.clip.read import read_frames
from pipeline.clip.rendered_motion import motion_key, motion_of
from pipeline.clip.window import Window
from pipeline.crew import HELD, Crew
from pipeline.filters.stream import Expression, Scene
from pipeline.frames import FloatPicture, Mask, Picture
from pipeline.measure.expression import CURVES, signs_of
from pipeline.motion.cuts import CutStore
from pipeline.motion.source import Estimated, Given, Motion
from pipeline.people.faces import SMALLEST_FACE
from pipeline.plan import RenderPlan
from pipeline.prepare.mattes import filled
from pipeline.prepare.plate import Plate
from pipeline.stage import FrameStore


def plate_of(plan: RenderPlan, crew: Crew) -> Plate:
    """The plate of a render, with the recipe's filters over it."""
    clip = Window(lambda frames: read_frames(plan.shot, frames), plan.shot.frames, HELD)
    store = FrameStore(plan.cache, plan.plate_key, ".png")
    return Plate(plan.shot, plan.filters, store, scene_of(plan, crew, lambda number: clip.frame(number).pixels))


def scene_of(plan: RenderPlan, crew: Crew, plate: Callable[[int], Picture]) -> Scene:
    """The scene of a render's filters. plate: the pictures that count as its plate."""
    cuts = CutStore.of(plan.shot, plan.cache).cuts() if plan.recipe.prepare or plan.recipe.finish else None
    return Scene(
        plate=plate,
        faces=partial(face_mask, crew),
        expression=partial(expression_of, crew),
        cuts=frozenset(cuts.starts if cuts else ()),
        hands=(lambda picture: ()) if crew.hand_finder is None else crew.hand_finder.find,
    )


def motion_in(plan: RenderPlan, picture: Callable[[int], Picture], limit: int) -> Motion:
    """How the plate moves from frame to frame, from cut to cut: as the engine says, or else estimated.

    picture: the plate's frames by number. limit: how many estimates are kept.
    """
    estimated = Estimated(picture, CutStore.of(plan.shot, plan.cache).cuts().setup, limit=limit)
    return estimated if motion_key(plan.shot) is None else Given(motion_of(plan.shot, picture).flow, estimated)


def face_mask(crew: Crew, number: int) -> Mask | None:
    """Where the faces of a frame are, at the plate's size; None where there is none."""
    faces = crew.faces.at(number)
    if not faces:
        return None
    return filled([face.found for face in faces], crew.plan.shot.height, crew.plan.shot.width)


def expression_of(crew: Crew, pixels: FloatPicture) -> Expression | None:
    """What the largest face of a picture does, in the curves that say whether acting was kept; None without a face."""
    picture = np.round(pixels.clip(0, 1) * 255).astype(np.uint8)
    faces = crew.faces.finder.find(picture, SMALLEST_FACE)
    return None if not faces else signs_of(faces[0].points)[: len(CURVES)]
