"""What can be seen of a shot before anything is rendered: a filmstrip, its cuts, who is in it and how large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange, Picture
from pipeline.progress import Progress

if TYPE_CHECKING:
    from pipeline.people.cast import CastMember
    from pipeline.people.tracks import Tracks

STRIP_HEIGHT = 54
"""Pixels of a picture in a filmstrip."""
REMEMBERED = 32
"""Shots whose sights stay in memory."""


@dataclass(frozen=True)
class Setup:
    """The frames from one cut to the next. people: numbers of those seen. face: largest face's median side, pixels."""

    frames: FrameRange
    people: tuple[int, ...]
    face: int | None


@dataclass(frozen=True)
class Sight:
    """What was seen. sizes: frame -> side of its largest face in plate pixels, where there is one.

    found: the cuts that were found; the set-ups are as somebody has set the cuts by hand.
    """

    setups: tuple[Setup, ...]
    cast: tuple[CastMember, ...]
    sizes: Mapping[int, int]
    found: tuple[int, ...]

    @property
    def cuts(self) -> tuple[int, ...]:
        """The first frames of new set-ups."""
        return tuple(setup.frames.first for setup in self.setups[1:])


class Sights:
    """The studio's verbs for looking at shots. What was found is kept, so that the second look is quick."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known = lru_cache(REMEMBERED)(self._read)

    def strip(self, shot: Shot, count: int) -> tuple[list[int], Picture]:
        """At most `count` frames from the whole shot, and their pictures side by side, uint8 RGB, STRIP_HEIGHT high.

        Raises FootageError.
        """
        import cv2
        import numpy as np

        total = len(shot.frames)
        numbers = sorted({shot.frames.first + at * total // count for at in range(count)})
        width = max(round(STRIP_HEIGHT * shot.width * float(shot.pixel_aspect) / shot.height), 1)
        pictures = [
            cv2.resize(read_frame(shot, number).pixels, (width, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
            for number in numbers
        ]
        return numbers, np.concatenate(pictures, axis=1).astype(np.uint8)

    def look(self, shot: Shot, progress: Progress) -> Sight:
        """Find cuts and people; the whole shot is looked at the first time.

        Raises FootageError, OutputError, Cancelled.
        """
        from pipeline.people.faces import Faces
        from pipeline.people.finder import FaceFinder
        from pipeline.people.track_stage import TrackStage

        if self.known(shot) is None:
            with FaceFinder() as finder:
                TrackStage.of(Faces(shot, self._cache, finder)).tracks(progress)
        return self._known(shot)

    def known(self, shot: Shot) -> Sight | None:
        """What was found in a shot; None when nobody has looked yet."""
        from pipeline.motion.cuts import CutStore
        from pipeline.people.track_stage import tracks_store

        found = tracks_store(shot, self._cache).has(shot.frames.first) and CutStore.of(shot, self._cache).finished
        return self._known(shot) if found else None

    def cuts(self, shot: Shot) -> tuple[tuple[int, ...], tuple[FrameRange, ...]]:
        """The cuts that are found in a shot, and its set-ups as somebody has set the cuts by hand.

        The whole shot is read the first time. Raises FootageError, OutputError.
        """
        from pipeline.motion.cuts import CutStore

        store = CutStore.of(shot, self._cache)
        return store.found(), store.cuts().setups

    def looked_through(self, shot: Shot) -> bool:
        """Whether the whole shot was looked at before, so that another look is quick whatever cuts were set by hand."""
        from pipeline.motion.cuts import CutStore

        return CutStore.of(shot, self._cache).finished

    def numbered(self, shot: Shot, frame: int) -> Picture:
        """A frame of the plate with a box and a number on everyone who was found. Raises FootageError."""
        from pipeline.people.cast import people_at, with_numbers

        pixels = read_frame(shot, frame).pixels
        return pixels if self.known(shot) is None else with_numbers(pixels, people_at(self._tracks(shot), frame))

    def _tracks(self, shot: Shot) -> Tracks:
        from pipeline.people.track_stage import tracks_store
        from pipeline.people.tracks import Tracks

        return Tracks.unpack(tracks_store(shot, self._cache).read(shot.frames.first))

    def _read(self, shot: Shot) -> Sight:
        from pipeline.motion.cuts import CutStore
        from pipeline.people.cast import cast_of

        tracks = self._tracks(shot)
        sizes = sizes_in(tracks)
        store = CutStore.of(shot, self._cache)
        setups = tuple(_setup(frames, tracks, sizes) for frames in store.cuts().setups)
        return Sight(setups, cast_of(tracks), sizes, store.found())


def sizes_in(tracks: Tracks) -> dict[int, int]:
    """Frame -> side of its largest face in pixels, of those that are seen and not carried."""
    from pipeline.people.tracks import NOT_SEEN

    sizes = dict[int, int]()
    for run in tracks.runs:
        sides = 2 * run.halves.min(axis=1)
        for frame, side, face in zip(run.frames, sides, run.faces, strict=True):
            if face != NOT_SEEN:
                sizes[frame] = max(sizes.get(frame, 0), round(float(side)))
    return sizes


def _setup(frames: FrameRange, tracks: Tracks, sizes: Mapping[int, int]) -> Setup:
    here = sorted(sizes[frame] for frame in frames if frame in sizes)
    people = sorted({run.person for run in tracks.runs if run.frames.first in frames})
    return Setup(frames, tuple(people), _middle(here))


def _middle(values: Sequence[int]) -> int | None:
    return values[len(values) // 2] if values else None
