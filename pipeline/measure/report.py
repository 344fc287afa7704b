"""Measuring a render against its plate: what of the acting, the detail and the structure was kept, what was added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.clip.fit import fitted_to, same_shape
from pipeline.clip.loudness import envelope
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange, Picture
from pipeline.measure.acting import CLIPS, Person, curve_figures, finer_figures
from pipeline.measure.aids import NOTHING_KNOWN, Aids
from pipeline.measure.ceiling import ceiling_copy
from pipeline.measure.compare import Curve
from pipeline.measure.likeness import FaceLikeness
from pipeline.measure.meaning import MEANINGS
from pipeline.measure.meters import Meters, Performance
from pipeline.measure.pictures import PictureFigures
from pipeline.measure.regions import REGIONS, WHOLE
from pipeline.measure.sync import LipSync, Sounds, lip_sync
from pipeline.measure.table import rows, table_of
from pipeline.measure.whom import whom
from pipeline.measure.worst import Worst, flickering, off_acting
from pipeline.progress import Progress


@dataclass(frozen=True, eq=False)
class Report:
    """Everything measured of one render. What the figures mean is in `meaning.MEANINGS`.

    plate, render: the names of the clips. frames: of the plate. cuts: first frame of each new set-up.
    sounds: how loud the soundtracks are. motion: where the plate's motion is from, in an artist's words.
    """

    plate: str
    render: str
    frames: FrameRange
    cuts: tuple[int, ...]
    acting: Performance
    pictures: PictureFigures
    sounds: Sounds
    lip_sync: LipSync
    likeness: FaceLikeness
    motion: str

    def worst(self) -> tuple[Worst, ...]:
        """The frames to look at first, in their order."""
        found = off_acting(self.acting.people, self.frames)
        for one in self.pictures.flicker:
            found += flickering(one.added_curve, self.frames, one.region)
        return tuple(sorted(_once(found), key=lambda one: one.frame))

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON file: every figure, and every curve frame by frame, null where it has no value."""
        acting = self.acting
        by_region = {
            "flicker": self.pictures.flicker,
            "detail": self.pictures.detail,
            "texture": self.pictures.texture,
            "structure": self.pictures.structure,
            "distance": self.pictures.distance,
        }
        return {
            "plate": self.plate,
            "render": self.render,
            "frames": {"first": self.frames.first, "last": self.frames.last},
            "motion": self.motion,
            "frames_with_face": acting.frames_with_face,
            "faces_found": asdict(acting.found),
            "expression_kept": asdict(acting.kept),
            "expression": {curve.name: asdict(curve) for curve in acting.curves},
            "finer": {curve.name: asdict(curve) for curve in acting.finer},
            "blendshapes": {curve.name: asdict(curve) for curve in acting.shapes},
            "blendshapes_reason": acting.shapes_reason,
            "blinks": {blinks.eye: asdict(blinks) for blinks in acting.blinks},
            "lip_sync": asdict(self.lip_sync),
            "sound": {"plate": _numbers(self.sounds.plate), "render": _numbers(self.sounds.render)},
            "likeness": asdict(self.likeness),
            **{name: {one.region: asdict(one) for one in regions} for name, regions in by_region.items()},
            "cuts": list(self.cuts),
            "people": [_person(person) for person in acting.people],
            "worst": [asdict(worst) for worst in self.worst()],
            "meaning": {name: asdict(meaning) for name, meaning in MEANINGS.items()},
        }

    def table(self) -> str:
        """The figures as a table for people: one row a figure, beside its ceiling and how to read it."""
        return table_of(rows(self.to_json()))


def _once(found: list[Worst]) -> Iterator[Worst]:
    """The worst frames, without those of a part of the picture in which the whole is named for the same already."""
    whole = {one.frame for one in found if one.name == WHOLE}
    parts = set(REGIONS) - {WHOLE}
    return (one for one in found if one.name not in parts or one.frame not in whole)


def _person(person: Person) -> dict[str, Any]:
    curves = {
        clip: {name: _numbers(person.curves[index, :, at]) for at, name in enumerate(person.source.names)}
        for index, clip in enumerate(CLIPS)
    }
    figures = {curve.name: asdict(curve) for curve in curve_figures([person])}
    finer = {curve.name: asdict(curve) for curve in finer_figures([person])}
    return {"person": person.person, "frames": list(person.frames), "expression": figures, "finer": finer, **curves}


def _numbers(values: Curve | None) -> list[float | None] | None:
    return None if values is None else [float(value) if np.isfinite(value) else None for value in values]


def measure(plate: Shot, render: Shot, frames: FrameRange, progress: Progress, aids: Aids = NOTHING_KNOWN) -> Report:
    """Measure `render`, whose frame 0 shows frame `frames.first` of `plate`: one pass that keeps numbers, not pictures.

    Without tracks in the aids the plate is read once before, to find out who is who and where the cuts are.
    Raises PhotoplayError when the render has another shape or another number of frames, FootageError when a clip cannot
    be read or the plate lacks these frames, ModelMissing when the file of a face model cannot be read as one, Cancelled
    when the person stops it.
    """
    _check(plate, render, frames)
    sounds = Sounds(frames, plate.rate, envelope(plate, frames), envelope(render, FrameRange(0, len(frames) - 1)))
    with Meters(aids) as meters:
        people = whom(plate, frames, aids, progress)
        for done, (number, clips) in enumerate(_together(plate, render, frames), 1):
            meters.step(number, clips, people.at(number), number in people.cuts)
            progress.say("measure", done, len(frames))
        acting = meters.performance()
        mouth = next((curve for curve in acting.curves if curve.name == "mouth"), None)
        return Report(
            plate=plate.name,
            render=render.name,
            frames=frames,
            cuts=tuple(sorted(cut for cut in people.cuts if cut in frames and cut > frames.first)),
            acting=acting,
            pictures=meters.pictures(),
            sounds=sounds,
            lip_sync=lip_sync(acting.people, mouth, sounds),
            likeness=meters.likeness(),
            motion=aids.motion,
        )


def _together(plate: Shot, render: Shot, frames: FrameRange) -> Iterator[tuple[int, tuple[Picture, Picture, Picture]]]:
    """Frame number, and the pictures of plate, render and ceiling copy."""
    rendered = read_frames(render, FrameRange(0, len(frames) - 1))
    for ours, theirs in zip(read_frames(plate, frames), rendered, strict=True):
        fitted = fitted_to(theirs.pixels, plate.width, plate.height)
        yield ours.number, (ours.pixels, fitted, ceiling_copy(ours.pixels, ours.number))


def _check(plate: Shot, render: Shot, frames: FrameRange) -> None:
    if not same_shape((plate.width, plate.height), (render.width, render.height)):
        raise PhotoplayError(
            f"{render.name} is {render.width}x{render.height} and its plate {plate.width}x{plate.height}.",
            "Measure a render whose picture has the plate's shape; another size is brought to the plate's.",
        )
    if len(render.frames) != len(frames):
        raise PhotoplayError(
            f"{render.name} has {len(render.frames)} frames; "
            f"frames {frames.first}-{frames.last} of the plate are {len(frames)}.",
            "Give the range of the plate that was rendered.",
        )
