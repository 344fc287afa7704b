"""Everything that is read from the pictures of plate, render and ceiling copy, frame after frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.frames import Picture
from pipeline.measure.acting import (
    PLATE,
    Acting,
    CurveFigures,
    Person,
    curve_figures,
    expression_kept,
    faces_found,
    finer_figures,
)
from pipeline.measure.blinks import Blinks, blinks_of
from pipeline.measure.closeup import look
from pipeline.measure.compare import Figure
from pipeline.measure.detail import BANDS, DetailMeter, detail, texture
from pipeline.measure.detail import NOTHING as NO_DETAIL
from pipeline.measure.flicker import FlickerMeter
from pipeline.measure.follow import CutTest, Followed, Follower
from pipeline.measure.luma import luma_of
from pipeline.measure.motion import Motion
from pipeline.measure.regions import REGIONS, RegionFigures, Sums, face_mask, region_figures
from pipeline.measure.steadiness import RegionFlicker, region_flicker
from pipeline.measure.structure import NOTHING as NO_EDGES
from pipeline.measure.structure import PARTS, structure, structure_step
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh

SMALLEST_FACE = 30
"""Pixels of the plate; the smallest face that the face pass works on."""


class PictureMeter:
    """Flicker, detail, texture and structure of the clips. Keeps sums of every frame, and pictures of one."""

    def __init__(self) -> None:
        self._motion, self._flicker, self._detail = Motion(), FlickerMeter(), DetailMeter()
        self._sums: dict[str, list[Sums | None]] = {"flicker": [], "detail": [], "texture": [], "structure": []}

    def step(self, clips: Sequence[Picture], people: Sequence[Followed], cut: bool) -> None:
        """Look at the next frame of the clips (uint8 RGB of one size, the plate first)."""
        motion = self._motion.step(clips[PLATE], cut)
        face = face_mask(clips[PLATE].shape[:2], [followed.box for followed in people])
        lumas = [luma_of(clip) for clip in clips]
        shared, staying = self._detail.step(lumas, motion, face)
        self._sums["flicker"].append(self._flicker.step(clips, motion, face))
        self._sums["detail"].append(shared)
        self._sums["texture"].append(staying)
        self._sums["structure"].append(structure_step(lumas, face))

    def flicker(self) -> tuple[RegionFlicker, ...]:
        """The flicker of each region."""
        return tuple(region_flicker(region, self._sums["flicker"]) for region in REGIONS)

    def detail(self) -> tuple[RegionFigures, ...]:
        """The detail of each region, its bands as parts."""
        steps = self._sums["detail"]
        return tuple(region_figures(region, steps, detail, BANDS, NO_DETAIL) for region in REGIONS)

    def texture(self) -> tuple[RegionFigures, ...]:
        """The texture of each region, its bands as parts."""
        steps = self._sums["texture"]
        return tuple(region_figures(region, steps, texture, BANDS, NO_DETAIL) for region in REGIONS)

    def structure(self) -> tuple[RegionFigures, ...]:
        """The structure of each region; its parts say what is lost and what is added."""
        steps = self._sums["structure"]
        return tuple(region_figures(region, steps, structure, PARTS, NO_EDGES) for region in REGIONS)


@dataclass(frozen=True, eq=False)
class Performance:
    """What the faces did. Fields as in the report."""

    frames_with_face: int
    faces: Figure
    expression_kept: Figure
    expression: tuple[CurveFigures, ...]
    finer: tuple[CurveFigures, ...]
    blinks: tuple[Blinks, ...]
    people: tuple[Person, ...]


class Meters:
    """All measures that need the pictures, with the face models that it is given."""

    def __init__(self, finder: FaceFinder, mesh: FaceMesh) -> None:
        self._finder, self._mesh = finder, mesh
        self._acting, self._follower, self._cut_test = Acting(), Follower(), CutTest()
        self.cuts: list[int] = []
        self.pictures = PictureMeter()

    def step(self, number: int, clips: Sequence[Picture]) -> None:
        """Look at frame `number` of plate, render and ceiling copy."""
        cut = self._cut_test.step(clips[PLATE])
        self.cuts += [number] if cut else []
        faces = self._finder.find(clips[PLATE], SMALLEST_FACE)
        people = self._follower.step([face.box for face in faces], cut)
        for followed in people:
            signs = np.stack([look(clip, followed.box, self._mesh) for clip in clips])
            self._acting.add(number, followed.person, signs)
        self.pictures.step(clips, people, cut)

    def performance(self) -> Performance:
        """What the faces did in all frames so far."""
        people = self._acting.people()
        curves = curve_figures(people)
        return Performance(
            frames_with_face=len({frame for person in people for frame in person.frames}),
            faces=faces_found(people),
            expression_kept=expression_kept(curves),
            expression=curves,
            finer=finer_figures(people),
            blinks=blinks_of(people),
            people=people,
        )
