"""The faces of a shot's frames.

The finder's cascade is slow, and what it adds to the mesh changes little from frame to frame. So it is asked on a fixed
grid: every fourth frame, and at both ends of the shot. Where the two asked frames around a frame show the same faces,
these are expected in it too, and it is asked only when one of them is missed. Where they do not, because somebody came,
went, or moved far, or because there is a cut, every frame between them is asked. So what is found in a frame depends on
it and on those two, whoever looks first and however a render is cut up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import Box, Frame, FrameRange
from pipeline.keys import Key
from pipeline.people.boxes import between
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.landmarks import FacePoints
from pipeline.people.pose import Look, Pose, Reach
from pipeline.people.seen import NEAR, Seen, Sightings
from pipeline.stage import Stage

GRID = 4
"""Every so many frames, counted from 0, the cascade is asked whatever is seen around."""

FACES = Stage("faces", version=3, reach=GRID)

SMALLEST_FACE = 10
"""Faces are kept down to this size in pixels of the plate: the least a recipe may ask for."""


@dataclass(frozen=True, eq=False)
class SeenFace(Seen):
    """A face of a frame, with its 478 landmarks."""

    @property
    def found(self) -> FoundFace:
        """The face as the finder gave it."""
        return FoundFace.of(self.points)


class Faces(Sightings[SeenFace]):
    """Faces by frame. Not thread-safe."""

    looks_ahead = GRID - 1

    def __init__(self, shot: Shot, cache: Path, finder: FaceFinder, kept: int = NEAR) -> None:
        """kept: frames of the clip that stay at hand."""
        super().__init__(shot, cache, faces_key(shot), kept)
        self.finder = finder

    def find(self, frame: Frame) -> Iterable[FacePoints]:
        """The landmarks of every face that is not too small."""
        return (face.points for face in self.finder.find(frame.pixels, SMALLEST_FACE, self._expected(frame.number)))

    def _expected(self, number: int) -> list[Box] | None:
        """Where faces are expected in a frame between two asked ones that show the same; None where nothing is known.

        A damaged frame shows nothing to those beside it, which can be rendered without it.
        """
        first, last = asked(number, self.shot.frames)
        if number in (first, last):
            return None
        try:
            before, after = (boxes(self.at(frame)) for frame in (first, last))
        except FootageError:
            return None
        return between(before, after, (number - first) / (last - first))

    def pose(self, points: FacePoints) -> Pose:
        """The frame of a face."""
        return Pose.of(points)

    def reach(self, points: FacePoints, pose: Pose) -> Reach:
        """How far its mesh reaches."""
        return Reach.of(points, pose)

    def made(self, points: FacePoints, look: Look) -> SeenFace:
        """The face."""
        return SeenFace(points, look)


def asked(number: int, frames: FrameRange) -> tuple[int, int]:
    """The asked frames around a frame of a shot; an asked one is one of the two."""
    first = number // GRID * GRID
    return max(first, frames.first), min(first + GRID, frames.last)


def boxes(faces: Sequence[SeenFace]) -> list[Box]:
    """The boxes around faces."""
    return [face.found.box for face in faces]


def faces_key(shot: Shot) -> Key:
    """The key of the faces of a shot."""
    return FACES.key({"smallest": SMALLEST_FACE}, (shot.key,))
