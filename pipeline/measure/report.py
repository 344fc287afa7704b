"""Measuring a render against its plate: what of the acting, the detail and the structure was kept, what was added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.clip.loudness import envelope
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange, Picture
from pipeline.measure.acting import CLIPS, CurveFigures, Person, curve_figures, finer_figures
from pipeline.measure.blinks import Blinks
from pipeline.measure.ceiling import ceiling_copy
from pipeline.measure.compare import Curve, Figure
from pipeline.measure.expression import NAMES
from pipeline.measure.meaning import MEANINGS
from pipeline.measure.meters import Meters
from pipeline.measure.regions import WHOLE, RegionFigures
from pipeline.measure.steadiness import RegionFlicker
from pipeline.measure.sync import LipSync, Sounds, lip_sync
from pipeline.measure.table import rows_of, table_of
from pipeline.measure.worst import Worst, flickering, off_acting
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh
from pipeline.progress import Progress


@dataclass(frozen=True, eq=False)
class Report:
    """Everything measured of one render. What the figures mean is in `meaning.MEANINGS`.

    plate, render: the names of the clips. frames: of the plate. faces: share of the plate's faces found in the render.
    frames_with_face: in how many frames the plate shows a face.
    expression: empty when the plate shows no face. expression_kept: see `acting.expression_kept`.
    finer, blinks: each eye alone and the gaze; empty as `expression` is.
    sounds: how loud the soundtracks are. detail, texture, structure: by region, as `flicker` is.
    cuts: first frame of each new set-up. people: the curves of every person in every set-up.
    """

    plate: str
    render: str
    frames: FrameRange
    frames_with_face: int
    faces: Figure
    expression_kept: Figure
    expression: tuple[CurveFigures, ...]
    finer: tuple[CurveFigures, ...]
    blinks: tuple[Blinks, ...]
    sounds: Sounds
    lip_sync: LipSync
    flicker: tuple[RegionFlicker, ...]
    detail: tuple[RegionFigures, ...]
    texture: tuple[RegionFigures, ...]
    structure: tuple[RegionFigures, ...]
    cuts: tuple[int, ...]
    people: tuple[Person, ...]

    def worst(self) -> tuple[Worst, ...]:
        """The frames to look at first, in their order."""
        added = {one.region: one.added_curve for one in self.flicker}
        found = off_acting(self.people, self.frames) + flickering(added[WHOLE], self.frames, WHOLE)
        return tuple(sorted(found, key=lambda one: one.frame))

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON file: every figure, and every curve frame by frame, null where it has no value."""
        by_region = {
            "flicker": self.flicker,
            "detail": self.detail,
            "texture": self.texture,
            "structure": self.structure,
        }
        return {
            "plate": self.plate,
            "render": self.render,
            "frames": {"first": self.frames.first, "last": self.frames.last},
            "frames_with_face": self.frames_with_face,
            "faces_found": asdict(self.faces),
            "expression_kept": asdict(self.expression_kept),
            "expression": {curve.name: asdict(curve) for curve in self.expression},
            "finer": {curve.name: asdict(curve) for curve in self.finer},
            "blinks": {blinks.eye: asdict(blinks) for blinks in self.blinks},
            "lip_sync": asdict(self.lip_sync),
            "sound": {"plate": _numbers(self.sounds.plate), "render": _numbers(self.sounds.render)},
            **{name: {one.region: asdict(one) for one in regions} for name, regions in by_region.items()},
            "cuts": list(self.cuts),
            "people": [_person(person) for person in self.people],
            "worst": [asdict(worst) for worst in self.worst()],
            "meaning": {name: asdict(meaning) for name, meaning in MEANINGS.items()},
        }

    def table(self) -> str:
        """The figures as a table for people: one row a figure, beside its ceiling and how to read it."""
        return table_of(rows_of(self))


def _person(person: Person) -> dict[str, Any]:
    curves = {
        clip: {name: _numbers(person.curves[index, :, at]) for at, name in enumerate(NAMES)}
        for index, clip in enumerate(CLIPS)
    }
    figures = {curve.name: asdict(curve) for curve in curve_figures([person])}
    finer = {curve.name: asdict(curve) for curve in finer_figures([person])}
    return {"person": person.person, "frames": list(person.frames), "expression": figures, "finer": finer, **curves}


def _numbers(values: Curve | None) -> list[float | None] | None:
    return None if values is None else [float(value) if np.isfinite(value) else None for value in values]


def measure(plate: Shot, render: Shot, frames: FrameRange, progress: Progress) -> Report:
    """Measure `render`, whose frame 0 shows frame `frames.first` of `plate`: one pass that keeps numbers, not pictures.

    Raises PhotoplayError when the render has another size or another number of frames, FootageError when a clip cannot
    be read or the plate lacks these frames, Cancelled when the person stops it.
    """
    _check(plate, render, frames)
    rendered = FrameRange(0, len(frames) - 1)
    sounds = Sounds(frames, plate.rate, envelope(plate, frames), envelope(render, rendered))
    with FaceFinder() as finder, FaceMesh() as mesh:
        meters = Meters(finder, mesh)
        for done, (number, clips) in enumerate(_together(plate, render, frames), 1):
            meters.step(number, clips)
            progress.say("measure", done, len(frames))
    faces, pictures = meters.performance(), meters.pictures
    mouth = next((curve for curve in faces.expression if curve.name == "mouth"), None)
    return Report(
        plate=plate.name,
        render=render.name,
        frames=frames,
        frames_with_face=faces.frames_with_face,
        faces=faces.faces,
        expression_kept=faces.expression_kept,
        expression=faces.expression,
        finer=faces.finer,
        blinks=faces.blinks,
        sounds=sounds,
        lip_sync=lip_sync(faces.people, mouth, sounds),
        flicker=pictures.flicker(),
        detail=pictures.detail(),
        texture=pictures.texture(),
        structure=pictures.structure(),
        cuts=tuple(meters.cuts),
        people=faces.people,
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
