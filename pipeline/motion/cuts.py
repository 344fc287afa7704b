"""Cuts: where a clip begins a new set-up. Nothing is mixed across one: no tracks, no temporal modes, no measures.

The detector is PySceneDetect's adaptive one: the change of content (hue, saturation, luma) from frame to frame against
the average change of the frames around it, so that a moving camera is no cut.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange, Picture
from pipeline.keys import Key
from pipeline.stage import WHOLE_SHOT, FrameStore, Stage

CUTS = Stage("cuts", version=1, reach=WHOLE_SHOT)

SEEN_WIDTH = 256
"""Width in pixels that pictures are reduced to; PySceneDetect's own scene manager does about the same."""
WINDOW = 2
"""Frames before and after that a change is compared with (PySceneDetect's default)."""
RATIO = 3.0
"""How many times the average change of its window a cut must be (PySceneDetect's default)."""
LEAST_CHANGE = 15.0
"""The least change of content at a cut, in levels of 255 (PySceneDetect's default)."""
SHORTEST = 2
"""Frames between two cuts, at least: what follows faster is a flash."""


@dataclass(frozen=True)
class Cuts:
    """The set-ups of a shot. starts: the first frame of each set-up after the first one, ascending."""

    frames: FrameRange
    starts: tuple[int, ...]

    def setup(self, frame: int) -> FrameRange:
        """The set-up, from cut to cut, that a frame of the shot lies in."""
        at = bisect_right(self.starts, frame)
        first = self.starts[at - 1] if at else self.frames.first
        last = self.starts[at] - 1 if at < len(self.starts) else self.frames.last
        return FrameRange(first, last)

    @property
    def setups(self) -> tuple[FrameRange, ...]:
        """All set-ups, in order."""
        return tuple(self.setup(start) for start in (self.frames.first, *self.starts))

    def together(self, one: int, other: int) -> bool:
        """Whether two frames of the shot lie in one set-up."""
        return self.setup(one) == self.setup(other)


class CutFinder:
    """Finds the cuts of pictures that are shown to it in order. Memory is flat. For one clip only."""

    def __init__(self) -> None:
        from scenedetect import AdaptiveDetector

        self._detector = AdaptiveDetector(
            adaptive_threshold=RATIO, min_scene_len=SHORTEST, window_width=WINDOW, min_content_val=LEAST_CHANGE
        )
        self._shown = 0
        self._last: Picture | None = None
        self._found: list[int] = []

    def show(self, picture: Picture) -> None:
        """The next picture, uint8 RGB [height, width, 3]."""
        height, width = picture.shape[:2]
        size = (SEEN_WIDTH, max(round(SEEN_WIDTH * height / width), 2))
        reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        small = cv2.cvtColor(reduced, cv2.COLOR_RGB2BGR).astype(np.uint8)
        if self._last is None:
            self._repeat(small)
        self._step(small)
        self._last = small

    def finish(self) -> tuple[int, ...]:
        """The first pictures of new set-ups, counted from 0. Nothing can be shown afterwards."""
        if self._last is not None:
            self._repeat(self._last)
        return tuple(self._found)

    def _repeat(self, small: Picture) -> None:
        """Show an end of the clip as often as the window needs it to compare the frames next to it."""
        for _ in range(WINDOW):
            self._step(small)

    def _step(self, small: Picture) -> None:
        from scenedetect import FrameTimecode

        found = self._detector.process_frame(FrameTimecode(self._shown, fps=1.0), small)
        self._found += [time.frame_num - WINDOW for time in found]
        self._shown += 1


def cuts_in(pictures: Iterable[Picture]) -> tuple[int, ...]:
    """Where the pictures (uint8 RGB [height, width, 3], all of one size) begin a new set-up, counted from 0."""
    finder = CutFinder()
    for picture in pictures:
        finder.show(picture)
    return finder.finish()


@dataclass(frozen=True)
class CutStore:
    """The cuts of one shot: found once and kept in one small file, then as somebody has set them by hand."""

    shot: Shot
    store: FrameStore

    @classmethod
    def of(cls, shot: Shot, cache: Path) -> CutStore:
        """The store of a shot's cuts in a cache folder."""
        return cls(shot, FrameStore(cache, found_key(shot), ".json"))

    @property
    def finished(self) -> bool:
        """Whether the cuts are known already."""
        return self.store.has(self.shot.frames.first)

    def cuts(self) -> Cuts:
        """The cuts of the shot; all of it is read when they are not known yet. Raises FootageError or OutputError."""
        return Cuts(self.shot.frames, set_by_hand(self.shot, self.found()))

    def found(self) -> tuple[int, ...]:
        """The cuts that are found without anybody's help. Raises as `cuts`."""
        if not self.finished:
            self.keep(cuts_in(frame.pixels for frame in read_frames(self.shot, self.shot.frames)))
        return tuple(json.loads(self.store.read(self.shot.frames.first)))

    def keep(self, found: Iterable[int]) -> None:
        """Keep what a CutFinder found when it was shown the whole shot. Raises OutputError."""
        first = self.shot.frames.first
        self.store.write(first, json.dumps([first + at for at in found]).encode())


def set_by_hand(shot: Shot, found: Iterable[int]) -> tuple[int, ...]:
    """Cuts that were found in a shot, with those set by hand and without those taken away; none at its first frame."""
    return tuple(at for at in shot.footage.cuts(found) if at in shot.frames and at > shot.frames.first)


def found_key(shot: Shot) -> Key:
    """The key of the cuts that are found in a shot."""
    return CUTS.key({}, (shot.key,))


def cuts_key(shot: Shot) -> Key:
    """The key of a shot's cuts, which those set by hand are part of."""
    added, removed = list(shot.footage.added_cuts), list(shot.footage.removed_cuts)
    if not added and not removed:
        return found_key(shot)
    return CUTS.key({"added": added, "removed": removed}, (found_key(shot),))
