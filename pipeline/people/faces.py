"""The faces of a shot's frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.clip.shot import Shot
from pipeline.frames import Picture
from pipeline.keys import Key
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.landmarks import FacePoints
from pipeline.people.pose import Look, Pose, Reach
from pipeline.people.seen import Seen, Sightings
from pipeline.stage import Stage

FACES = Stage("faces", version=2, reach=0)

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

    def __init__(self, shot: Shot, cache: Path, finder: FaceFinder) -> None:
        super().__init__(shot, cache, faces_key(shot))
        self.finder = finder

    def find(self, picture: Picture) -> Iterable[FacePoints]:
        """The landmarks of every face that is not too small."""
        return (face.points for face in self.finder.find(picture, SMALLEST_FACE))

    def pose(self, points: FacePoints) -> Pose:
        """The frame of a face."""
        return Pose.of(points)

    def reach(self, points: FacePoints, pose: Pose) -> Reach:
        """How far its mesh reaches."""
        return Reach.of(points, pose)

    def made(self, points: FacePoints, look: Look) -> SeenFace:
        """The face."""
        return SeenFace(points, look)


def faces_key(shot: Shot) -> Key:
    """The key of the faces of a shot."""
    return FACES.key({"smallest": SMALLEST_FACE}, (shot.key,))
