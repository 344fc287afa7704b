"""Measuring a render against its plate: what of the acting was kept, and what flicker was added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange, Picture
from pipeline.measure.acting import (
    CLIPS,
    PLATE,
    Acting,
    CurveFigures,
    Person,
    curve_figures,
    expression_kept,
    faces_found,
)
from pipeline.measure.ceiling import ceiling_copy
from pipeline.measure.closeup import look
from pipeline.measure.compare import Figure
from pipeline.measure.expression import CURVES
from pipeline.measure.flicker import REGIONS, FlickerMeter, Levels
from pipeline.measure.follow import CutTest, Follower
from pipeline.measure.steadiness import RegionFlicker, region_flicker
from pipeline.measure.table import table_of
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh
from pipeline.progress import Progress

SMALLEST_FACE = 30
"""Pixels of the plate; the smallest face that the face pass works on."""


@dataclass(frozen=True, eq=False)
class Report:
    """Everything measured of one render.

    plate, render: the names of the clips. frames: of the plate. faces: share of the plate's faces found in the render.
    frames_with_face: in how many frames the plate shows a face.
    expression: empty when the plate shows no face. expression_kept: see `acting.expression_kept`.
    cuts: first frame of each new set-up. people: the curves of every person in every set-up.
    """

    plate: str
    render: str
    frames: FrameRange
    frames_with_face: int
    faces: Figure
    expression_kept: Figure
    expression: tuple[CurveFigures, ...]
    flicker: tuple[RegionFlicker, ...]
    cuts: tuple[int, ...]
    people: tuple[Person, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON file: every figure, and every curve frame by frame, null where it has no value."""
        return {
            "plate": self.plate,
            "render": self.render,
            "frames": {"first": self.frames.first, "last": self.frames.last},
            "frames_with_face": self.frames_with_face,
            "faces_found": asdict(self.faces),
            "expression_kept": asdict(self.expression_kept),
            "expression": {curve.name: asdict(curve) for curve in self.expression},
            "flicker": {region.region: asdict(region) for region in self.flicker},
            "cuts": list(self.cuts),
            "people": [_person(person) for person in self.people],
        }

    def table(self) -> str:
        """The figures as a table for people: one row a figure, beside its ceiling and how to read it."""
        own = {flicker.region: flicker.plate for flicker in self.flicker}
        added = {flicker.region: flicker.added for flicker in self.flicker}
        seen = f"{self.frames_with_face} of {len(self.frames)}"
        return table_of(seen, self.faces, self.expression_kept, self.expression, added, own)


def _person(person: Person) -> dict[str, Any]:
    curves = {
        clip: {name: [_number(value) for value in person.curves[index, :, at]] for at, name in enumerate(CURVES)}
        for index, clip in enumerate(CLIPS)
    }
    figures = {curve.name: asdict(curve) for curve in curve_figures([person])}
    return {"person": person.person, "frames": list(person.frames), "expression": figures, **curves}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def measure(plate: Shot, render: Shot, frames: FrameRange, progress: Progress) -> Report:
    """Measure `render`, whose frame 0 shows frame `frames.first` of `plate`: one pass that keeps numbers, not pictures.

    Raises PhotoplayError when the render has another size or another number of frames, FootageError when a clip cannot
    be read or the plate lacks these frames, Cancelled when the person stops it.
    """
    _check(plate, render, frames)
    acting, flicker, follower, cut_test = Acting(), FlickerMeter(), Follower(), CutTest()
    steps: list[Levels | None] = []
    cuts: list[int] = []
    with FaceFinder() as finder, FaceMesh() as mesh:
        for number, clips in _together(plate, render, frames):
            cut = cut_test.step(clips[PLATE])
            cuts += [number] if cut else []
            people = follower.step([face.box for face in finder.find(clips[PLATE], SMALLEST_FACE)], cut)
            for followed in people:
                acting.add(number, followed.person, np.stack([look(clip, followed.box, mesh) for clip in clips]))
            steps.append(flicker.step(clips, [followed.box for followed in people], cut))
            progress.say("measure", len(steps), len(frames))
    seen = acting.people()
    curves = curve_figures(seen)
    return Report(
        plate=plate.name,
        render=render.name,
        frames=frames,
        frames_with_face=len({frame for person in seen for frame in person.frames}),
        faces=faces_found(seen),
        expression_kept=expression_kept(curves),
        expression=curves,
        flicker=tuple(region_flicker(region, steps) for region in REGIONS),
        cuts=tuple(cuts),
        people=seen,
    )


def _together(plate: Shot, render: Shot, frames: FrameRange) -> Iterator[tuple[int, tuple[Picture, Picture, Picture]]]:
    """Frame number, and the pictures of plate, render and ceiling copy."""
    rendered = read_frames(render, FrameRange(0, len(frames) - 1))
    for ours, theirs in zip(read_frames(plate, frames), rendered, strict=True):
        yield ours.number, (ours.pixels, theirs.pixels, ceiling_copy(ours.pixels, ours.number))


def _check(plate: Shot, render: Shot, frames: FrameRange) -> None:
    if (plate.width, plate.height) != (render.width, render.height):
        raise PhotoplayError(
            f"{render.name} is {render.width}x{render.height} and its plate {plate.width}x{plate.height}.",
            "Measure a render that has the plate's size.",
        )
    if len(render.frames) != len(frames):
        raise PhotoplayError(
            f"{render.name} has {len(render.frames)} frames; "
            f"frames {frames.first}-{frames.last} of the plate are {len(frames)}.",
            "Give the range of the plate that was rendered.",
        )
