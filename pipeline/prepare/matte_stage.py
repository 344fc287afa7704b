"""The matte stage: face mattes of a shot, found once per frame and kept."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from pipeline.frames import Frame, Matte
from pipeline.keys import Key
from pipeline.people.finder import FaceFinder
from pipeline.prepare.mattes import bounds, face_matte
from pipeline.recipe.passes import Face
from pipeline.stage import FrameStore, Stage

MATTE = Stage("matte", version=1, reach=0)


def matte_key(region: Face, plate: Key) -> Key:
    """The key of the mattes of a region; the padding is the pass's affair."""
    return MATTE.key(region.model_dump(mode="json", exclude={"padding"}), (plate,))


@dataclass(frozen=True)
class MatteStage:
    """Face mattes by frame, from the store where they are finished, found and stored otherwise."""

    region: Face
    store: FrameStore
    finder: FaceFinder

    def matte(self, frame: Frame) -> Matte | None:
        """The matte of a plate frame; None when it shows no face. Raises OutputError when it cannot be stored."""
        if self.store.has(frame.number):
            return _unpacked(frame.number, self.store.read(frame.number))
        matte = face_matte(frame, self.finder.find(frame.pixels, self.region.minimum_size), self.region)
        self.store.write(frame.number, _packed(matte))
        return matte


def _packed(matte: Matte | None) -> bytes:
    buffer = io.BytesIO()
    mask = np.zeros((0, 0), np.uint8) if matte is None else matte.mask
    np.savez_compressed(buffer, mask=mask, angle=np.float64(0.0 if matte is None else matte.angle))
    return buffer.getvalue()


def _unpacked(frame: int, data: bytes) -> Matte | None:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        mask = arrays["mask"]
        return Matte(frame, mask, float(arrays["angle"]), bounds(mask)) if mask.size else None
