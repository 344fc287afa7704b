"""The mattes of faces and hands: of all faces of a frame at once, or of each person or hand that is followed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Crop, Frame, Matte
from pipeline.keys import Key
from pipeline.people.faces import Faces
from pipeline.people.outline import Points, outline
from pipeline.people.seen import Seen, Sightings
from pipeline.people.staging import Staged, at
from pipeline.people.tracks import Run
from pipeline.prepare.mattes import face_matte
from pipeline.recipe.regions import Face
from pipeline.stage import FrameStore, Stage

MATTE = Stage("matte", version=2, reach=0)

Draw = Callable[[Run, int, tuple[int, int]], Matte | None]
"""Run, frame, plate (width, height) -> the matte of one who is followed."""


def matte_key(region: Face, faces: Key) -> Key:
    """The key of the mattes of a region that looks at every frame alone; the padding is the pass's affair."""
    return MATTE.key(region.model_dump(mode="json", exclude={"padding", "follow"}), (faces,))


def by_outline(draw: Callable[[int, Points, tuple[int, int]], Matte | None], faces: Sightings[Seen]) -> Draw:
    """Mattes that are drawn from landmarks alone. draw: frame, landmarks [n, 2] in pixels, plate (width, height)."""
    return lambda run, frame, plate: draw(frame, outline(run, frame, faces), plate)


@dataclass(frozen=True, eq=False)
class PersonMatte:
    """A followed person in one frame.

    crop: the square of the plate to work at. face: the square that keeps to the face, on the average as large as the
    crop. presence: 0..1, how fully they are laid over.
    """

    person: int
    matte: Matte
    crop: Crop
    face: Crop
    presence: float


@dataclass(frozen=True)
class MatteStage:
    """One matte a frame over all its faces, from the store where they are finished, found and stored otherwise."""

    region: Face
    store: FrameStore
    faces: Faces

    def matte(self, frame: Frame) -> Matte | None:
        """The matte of a plate frame; None when it shows no face. Raises OutputError when it cannot be stored."""
        if self.store.has(frame.number):
            return _unpacked(frame.number, self.store.read(frame.number))
        faces = [face.found for face in self.faces.of(frame)]
        matte = face_matte(frame, [face for face in faces if face.size >= self.region.minimum_size], self.region)
        self.store.write(frame.number, _packed(matte))
        return matte


@dataclass(frozen=True, eq=False)
class PeopleMattes:
    """A matte a person, or a hand, from tracks of the shot. Nothing of it is stored: what was seen is, and the tracks.

    people: the numbers of all.
    """

    people: tuple[int, ...]
    stagings: tuple[Staged, ...]
    draw: Draw

    def mattes(self, frame: int, plate: tuple[int, int]) -> tuple[PersonMatte, ...]:
        """Who is worked at in a frame of a plate (width, height), the smallest face first.

        Raises OutputError or FootageError.
        """
        found = list[PersonMatte]()
        for staged in at(self.stagings, frame):
            matte = self.draw(staged.run, frame, plate)
            if matte is not None:
                crop, face = staged.crop(frame), staged.face(frame)
                found.append(PersonMatte(staged.run.person, matte, crop, face, staged.shown(frame)))
        return tuple(found)


def _packed(matte: Matte | None) -> bytes:
    """A matte as a file, only what lies in its box; without a matte there is nothing in it."""
    buffer, arrays = io.BytesIO(), dict[str, NDArray]()
    if matte is not None:
        box, plate = matte.box, matte.mask.shape
        arrays = {"mask": box.cut(matte.mask), "angle": np.float64(matte.angle), "plate": np.array(plate, np.int32)}
        arrays["box"] = np.array([box.x, box.y, box.width, box.height], np.int32)
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _unpacked(frame: int, data: bytes) -> Matte | None:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        if "mask" not in arrays:
            return None
        mask, box = np.zeros(arrays["plate"], np.uint8), Box(*map(int, arrays["box"]))
        box.cut(mask)[:] = arrays["mask"]
        return Matte(frame, mask, float(arrays["angle"]), box)
