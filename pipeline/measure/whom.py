"""Whose faces are measured: the people of the plate, as they are followed through it, and where its cuts are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.frames import Box, Frame, FrameRange
from pipeline.measure.aids import Aids
from pipeline.motion.cuts import CutFinder, Cuts, set_by_hand
from pipeline.people.cast import box_of
from pipeline.people.finder import FaceFinder
from pipeline.people.follow import Sighting
from pipeline.people.pose import Pose, Reach, look_of
from pipeline.people.track_stage import tracks_in
from pipeline.people.tracks import Tracks
from pipeline.progress import Progress

SMALLEST_FACE = 30
"""Pixels of the plate; the smallest face that the face pass works on."""


@dataclass(frozen=True)
class Followed:
    """A person in one frame. box: around the face, in pixels of the plate; smoothed along the shot."""

    person: int
    box: Box


@dataclass(frozen=True, eq=False)
class Whom:
    """The people of a plate and the first frames of its new set-ups."""

    tracks: Tracks
    cuts: frozenset[int]

    def at(self, frame: int) -> list[Followed]:
        """Whose face lies where in a frame, carried through short losses, but not behind another face."""
        runs = (run for run in self.tracks.at(frame) if not run.hidden[frame - run.frames.first])
        found = (Followed(run.person, box_of(run, frame)) for run in runs)
        return [one for one in found if min(one.box.width, one.box.height) >= SMALLEST_FACE]


def whom(plate: Shot, frames: FrameRange, aids: Aids, progress: Progress) -> Whom:
    """The people to measure: those of the aids, or whoever is found when the plate is read once beforehand.

    Raises FootageError when the plate cannot be read, Cancelled when the person stops it.
    """
    if aids.tracks is not None:
        return Whom(aids.tracks, frozenset(aids.cuts))
    finder, seen = CutFinder(), list[tuple[Sighting, ...]]()
    with FaceFinder() as faces:
        for done, frame in enumerate(read_frames(plate, frames), 1):
            finder.show(frame.pixels)
            seen.append(tuple(_sightings(frame, faces)))
            progress.say("people", done, len(frames))
    known = {frames.first + at for at in finder.finish()} | set(aids.cuts)
    cuts = Cuts(frames, tuple(cut for cut in set_by_hand(plate, known) if cut in frames and cut > frames.first))
    return Whom(tracks_in(seen, cuts, float(plate.rate)), frozenset(cuts.starts))


def _sightings(frame: Frame, finder: FaceFinder) -> Iterable[Sighting]:
    for at, face in enumerate(finder.find(frame.pixels, SMALLEST_FACE)):
        pose = Pose.of(face.points)
        yield Sighting(frame.number, at, pose, Reach.of(face.points, pose), look_of(frame.pixels, pose))
