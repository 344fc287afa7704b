"""What is known of a plate beforehand, and which models are at hand. All of it may be missing: then less is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clip.read import read_frames
from pipeline.clip.rendered_motion import motion_key, motion_of
from pipeline.clip.shot import Shot
from pipeline.clip.window import Window
from pipeline.errors import FootageError
from pipeline.frames import Flow
from pipeline.models.store import ModelStore
from pipeline.motion.cuts import CutStore
from pipeline.people.track_stage import tracks_store
from pipeline.people.tracks import Tracks

HELD = 4
"""Frames of the plate that the engine's vectors are checked against for what is hidden."""
ESTIMATED, EXACT = "estimated optical flow", "the engine's motion vectors"
"""Along what the plate is followed from frame to frame."""
NO_FACE_MODEL = "no face model"
"""Why a figure is missing when the weights that it needs are not on this machine."""


@dataclass(frozen=True)
class FaceModels:
    """Files of face models, None where they are not on this machine.

    detector: YuNet, ONNX. recogniser: SFace, ONNX; likeness needs both. landmarker: face_landmarker.task.
    """

    detector: Path | None = None
    recogniser: Path | None = None
    landmarker: Path | None = None

    @classmethod
    def among(cls, models: ModelStore) -> FaceModels:
        """Those of the catalogue's face models that are on this machine. Looks for files and opens none."""
        ids = (("yunet", "*.onnx"), ("sface", "*.onnx"), ("face_landmarker", "*.task"))
        found = (sorted(models.place("estimator", id).glob(pattern)) for id, pattern in ids)
        return cls(*(files[0] if files else None for files in found))


@dataclass(frozen=True, eq=False)
class Aids:
    """What may be given along with two clips.

    tracks: the people of the plate, None when they must be looked for first. cuts: frames of the plate known to begin a
    new set-up; without tracks those that are found are added. character: pictures of the character's face.
    flow: (frame, frame before) -> how the plate moved, None where that is not known and has to be estimated.
    motion: where the plate's motion is from, in an artist's words.
    """

    tracks: Tracks | None = None
    cuts: tuple[int, ...] = ()
    models: FaceModels = field(default_factory=FaceModels)
    character: tuple[Path, ...] = ()
    flow: Callable[[int, int], Flow | None] | None = None
    motion: str = ESTIMATED


NOTHING_KNOWN = Aids()
"""Two clips and nothing else."""


def aids_for(plate: Shot, models: ModelStore, tracks: Tracks | None, cuts: tuple[int, ...]) -> Aids:
    """Everything that helps to measure a plate: its people, the models here, the engine's motion vectors.

    Vectors that do not fit the plate are not used, and `motion` says why.
    """
    found = FaceModels.among(models)
    if motion_key(plate) is None:
        return Aids(tracks, cuts, found)
    window = Window(lambda frames: read_frames(plate, frames), plate.frames, HELD)
    try:
        exact = motion_of(plate, lambda number: window.frame(number).pixels)
    except FootageError as error:
        return Aids(tracks, cuts, found, motion=f"{ESTIMATED}: {error.message}")
    return Aids(tracks, cuts, found, flow=exact.flow, motion=EXACT)


def aids_at_hand(plate: Shot, models: ModelStore, cache: Path) -> Aids:
    """The same with the people that a render has found before; without them they are looked for."""
    store, cuts = tracks_store(plate, cache), CutStore.of(plate, cache)
    first = plate.frames.first
    if not (store.has(first) and cuts.finished):
        return aids_for(plate, models, None, ())
    return aids_for(plate, models, Tracks.unpack(store.read(first)), cuts.cuts().starts)
