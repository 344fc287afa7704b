"""The track stage: the whole shot is looked at once, then every person in it has a track."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.frames import Frame
from pipeline.keys import Key
from pipeline.motion.cuts import CutFinder, Cuts, CutStore, cuts_key
from pipeline.people.faces import faces_key
from pipeline.people.follow import Sighting, follow
from pipeline.people.seen import Seen, Sightings
from pipeline.people.tracks import Tracks, tracks_of
from pipeline.progress import Progress
from pipeline.stage import WHOLE_SHOT, FrameStore, Stage

TRACKS = Stage("tracks", version=2, reach=WHOLE_SHOT)


@dataclass(frozen=True, eq=False)
class TrackStage:
    """The tracks of a shot, from the one small file where they are finished, made and stored otherwise.

    What is found in each frame is kept as it is found: stopped and started again, only reading the plate is repeated.
    """

    shot: Shot
    cuts: CutStore
    faces: Sightings[Seen]
    store: FrameStore

    @classmethod
    def of(cls, faces: Sightings[Seen]) -> TrackStage:
        """The stage for the shot of these faces, or of these hands, in the same cache."""
        shot, cache = faces.shot, faces.store.root
        store = FrameStore(cache, tracks_key(shot, faces.key), ".npz")
        return cls(shot, CutStore.of(shot, cache), faces, store)

    def tracks(self, progress: Progress) -> Tracks:
        """The tracks of the whole shot. Raises FootageError, OutputError, or Cancelled between two frames."""
        first = self.shot.frames.first
        if not self.store.has(first):
            seen = self._recalled(progress) or self._look(progress)
            self.store.write(first, tracks_in(seen, self.cuts.cuts(), float(self.shot.rate)).pack())
        return Tracks.unpack(self.store.read(first))

    def _recalled(self, progress: Progress) -> list[tuple[Sighting, ...]]:
        """The sightings of every frame where all were made before, as after a cut was set by hand; none otherwise."""
        frames, seen = self.shot.frames, list[tuple[Sighting, ...]]()
        if not self.cuts.finished or not self.faces.store.finished().issuperset(frames):
            return seen
        for done, number in enumerate(frames, 1):
            seen.append(_sightings(number, self.faces.at(number), self.faces))
            progress.say("people", done, len(frames), done)
        return seen

    def _look(self, progress: Progress) -> list[tuple[Sighting, ...]]:
        """The sightings of every frame; the cuts are found on the way."""
        finder, seen, reused = CutFinder(), list[tuple[Sighting, ...]](), 0
        known = self.faces.store.finished()
        for done, frame in enumerate(self.faces.ahead(read_frames(self.shot, self.shot.frames)), 1):
            reused += frame.number in known
            finder.show(frame.pixels)
            seen.append(sightings(frame, self.faces))
            progress.say("people", done, len(self.shot.frames), reused)
        self.cuts.keep(finder.finish())
        return seen


def sightings(frame: Frame, faces: Sightings[Seen]) -> tuple[Sighting, ...]:
    """The faces of a frame as the tracks need them."""
    return _sightings(frame.number, faces.of(frame), faces)


def _sightings(number: int, seen: tuple[Seen, ...], faces: Sightings[Seen]) -> tuple[Sighting, ...]:
    found = [(face, faces.pose(face.points)) for face in seen]
    return tuple(
        Sighting(number, at, pose, faces.reach(face.points, pose), face.look) for at, (face, pose) in enumerate(found)
    )


def tracks_in(seen: list[tuple[Sighting, ...]], cuts: Cuts, rate: float) -> Tracks:
    """The tracks of a shot from the sightings of every frame of it. rate: frames a second."""
    first = cuts.frames.first
    parts = [(setup, seen[setup.first - first : setup.last - first + 1]) for setup in cuts.setups]
    return tracks_of([(setup, follow(frames, setup, rate)) for setup, frames in parts], rate)


def tracks_key(shot: Shot, seen: Key | None = None) -> Key:
    """The key of the tracks of a shot: of its people, or of those that were seen under another key than its faces."""
    return TRACKS.key({}, (seen or faces_key(shot), cuts_key(shot)))


def tracks_store(shot: Shot, cache: Path) -> FrameStore:
    """Where the tracks of a shot lie."""
    return FrameStore(cache, tracks_key(shot), ".npz")
