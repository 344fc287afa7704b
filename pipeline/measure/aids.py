"""What is known of a plate beforehand, and which models are at hand. All of it may be missing: then less is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.people.tracks import Tracks

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


@dataclass(frozen=True, eq=False)
class Aids:
    """What may be given along with two clips.

    tracks: the people of the plate, None when they must be looked for first. cuts: frames of the plate known to begin a
    new set-up; without tracks those that are found are added. character: pictures of the character's face.
    """

    tracks: Tracks | None = None
    cuts: tuple[int, ...] = ()
    models: FaceModels = field(default_factory=FaceModels)
    character: tuple[Path, ...] = ()


NOTHING_KNOWN = Aids()
"""Two clips and nothing else."""
