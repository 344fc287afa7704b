"""The faces of a shot's frames, found once per frame, kept, and shared by everyone who asks."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.frames import Frame
from pipeline.keys import Key
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.landmarks import FacePoints
from pipeline.people.pose import Look, Pose, look_of
from pipeline.stage import FrameStore, Stage

FACES = Stage("faces", version=1, reach=0)

SMALLEST_FACE = 10
"""Faces are kept down to this size in pixels of the plate: the least a recipe may ask for."""
REMEMBERED = 32
"""Frames whose faces stay in memory."""


@dataclass(frozen=True, eq=False)
class SeenFace:
    """A face of a frame. points: float32 [478, 3], pixels of the plate. look: what it is known again by."""

    points: FacePoints
    look: Look

    @property
    def found(self) -> FoundFace:
        """The face as the finder gave it."""
        return FoundFace.of(self.points)


class Faces:
    """Faces by frame, from the store where they are finished, found and stored otherwise. Not thread-safe."""

    def __init__(self, shot: Shot, cache: Path, finder: FaceFinder) -> None:
        self.shot = shot
        self.store = FrameStore(cache, faces_key(shot), ".npz")
        self.finder = finder
        self._memory: OrderedDict[int, tuple[SeenFace, ...]] = OrderedDict()

    def of(self, frame: Frame) -> tuple[SeenFace, ...]:
        """The faces of a plate frame, the largest first. Raises OutputError when they cannot be stored."""
        if frame.number not in self._memory:
            faces = self._stored(frame.number)
            self._remember(frame.number, self._find(frame) if faces is None else faces)
        return self._memory[frame.number]

    def at(self, number: int) -> tuple[SeenFace, ...]:
        """The same for a frame that is not at hand; it is read off the plate when its faces were cleared away."""
        if number not in self._memory:
            faces = self._stored(number)
            self._remember(number, self._find(read_frame(self.shot, number)) if faces is None else faces)
        return self._memory[number]

    def _find(self, frame: Frame) -> tuple[SeenFace, ...]:
        found = self.finder.find(frame.pixels, SMALLEST_FACE)
        faces = tuple(SeenFace(face.points, look_of(frame.pixels, Pose.of(face.points))) for face in found)
        self.store.write(frame.number, _packed(faces))
        return faces

    def _stored(self, number: int) -> tuple[SeenFace, ...] | None:
        return _unpacked(self.store.read(number)) if self.store.has(number) else None

    def _remember(self, number: int, faces: tuple[SeenFace, ...]) -> None:
        self._memory[number] = faces
        while len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)


def faces_key(shot: Shot) -> Key:
    """The key of the faces of a shot."""
    return FACES.key({"smallest": SMALLEST_FACE}, (shot.key,))


def _packed(faces: tuple[SeenFace, ...]) -> bytes:
    buffer = io.BytesIO()
    points = np.array([face.points for face in faces], np.float32)
    np.savez_compressed(buffer, points=points, looks=np.array([face.look for face in faces], np.uint8))
    return buffer.getvalue()


def _unpacked(data: bytes) -> tuple[SeenFace, ...]:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return tuple(SeenFace(points, look) for points, look in zip(arrays["points"], arrays["looks"], strict=True))
