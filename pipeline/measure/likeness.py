"""Likeness: whether a face stays the same person along the shot, the plate's person, and the character's.

How far two descriptions of faces are apart is the cosine distance, 1 - cos: 0 = the same. OpenCV calls two faces one
person up to 0.637.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PhotoplayError
from pipeline.frames import Box, Picture
from pipeline.measure.acting import CEILING, NO_FACE, PLATE, RENDER
from pipeline.measure.aids import NO_FACE_MODEL, FaceModels
from pipeline.measure.compare import Figure
from pipeline.measure.descriptions import Description, FaceReader, character_of, mean_of

NO_CHARACTER = "no pictures of the character"
NOBODY = "no face in the plate"


@dataclass(frozen=True)
class FaceLikeness:
    """Cosine distances of faces, 0 = the same, lower is better; mean over all faces of all people.

    steady: of each face to the person's mean over the shot, in the same clip. plate: the same figure for the plate.
    to_plate: of the render's face to the plate's in the same frame. to_character: to the mean of the character's
    pictures. coverage: share of the plate's described faces that are described in the render too, 0..1.
    curve: for every such face its frame, person, and distances (steady, to plate, to character or None).
    """

    steady: Figure
    plate: float | None
    to_plate: Figure
    to_character: Figure
    coverage: float
    curve: tuple[tuple[int, int, float, float, float | None], ...]


class LikenessMeter:
    """Collects descriptions: 128 numbers for each face of each clip, no pictures."""

    def __init__(self, models: FaceModels, character: Sequence[Path]) -> None:
        """Raises ModelMissing when a file is no face model, PhotoplayError when no picture shows the character."""
        self._reader = None
        if models.detector is not None and models.recogniser is not None:
            self._reader = FaceReader(models.detector, models.recogniser)
        self._character = character_of(character, self._reader) if self._reader else None
        if self._reader and character and self._character is None:
            raise PhotoplayError("No face is found in the pictures of the character.", "Give pictures of a face.")
        self._seen: dict[int, list[tuple[int, NDArray[np.float64]]]] = {}

    def step(self, frame: int, person: int, clips: Sequence[Picture], box: Box) -> None:
        """Look at a person's face in plate, render and ceiling copy."""
        if self._reader is not None:
            described = np.stack([self._reader.describe(clip, box) for clip in clips])
            if np.isfinite(described[PLATE]).all():
                self._seen.setdefault(person, []).append((frame, described))

    def likeness(self) -> FaceLikeness:
        """What is said of all faces so far, or why nothing can be said."""
        if self._reader is None:
            return _without(NO_FACE_MODEL)
        if not self._seen:
            return _without(NOBODY)
        faces = [
            (frame, person, *rest)
            for person, seen in sorted(self._seen.items())
            for frame, *rest in _distances(seen, self._character)
        ]
        steady, to_plate, to_character = (np.array([face[at] for face in faces]) for at in (2, 3, 4))
        with_render = np.isfinite(steady[:, RENDER])
        if not with_render.any():
            return _without(NO_FACE)
        return FaceLikeness(
            steady=Figure(float(np.nanmean(steady[:, RENDER])), _known_mean(steady[:, CEILING])),
            plate=float(np.nanmean(steady[:, PLATE])),
            to_plate=Figure(float(np.nanmean(to_plate[:, RENDER])), _known_mean(to_plate[:, CEILING])),
            to_character=Figure(None, None, NO_CHARACTER)
            if self._character is None
            else Figure(float(np.nanmean(to_character[:, RENDER])), _known_mean(to_character[:, CEILING])),
            coverage=float(with_render.mean()),
            curve=tuple(
                (frame, person, float(own[RENDER]), float(plate[RENDER]), _number(character[RENDER]))
                for frame, person, own, plate, character in faces
                if np.isfinite(own[RENDER])
            ),
        )


def _distances(
    seen: Sequence[tuple[int, NDArray[np.float64]]], character: Description | None
) -> Iterable[tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """For each frame the distances of the clips [3]: to the person's own mean, to the plate, to the character."""
    described = np.stack([one for _, one in seen], axis=1)
    means = [mean_of(clip[np.isfinite(clip[:, 0])]) for clip in described]
    nowhere = np.full(described.shape[2], np.nan)
    middles = np.stack([nowhere if mean is None else mean for mean in means])
    for at, (frame, clips) in enumerate(seen):
        own = 1 - np.einsum("cd,cd->c", described[:, at], middles)
        yield frame, own, 1 - clips @ clips[PLATE], 1 - clips @ (nowhere if character is None else character)


def _without(reason: str) -> FaceLikeness:
    nothing = Figure(None, None, reason)
    return FaceLikeness(nothing, None, nothing, nothing, 0.0, ())


def _known_mean(values: NDArray[np.float64]) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
