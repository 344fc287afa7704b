"""Where a shot is worth a probe: the second in which the faces do most."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from pipeline.measure.expression import CURVES, LEAST_AMPLITUDE, NAMES, Signs, signs_of
from pipeline.measure.whom import SMALLEST_FACE
from pipeline.people.finder import FaceFinder
from pipeline.progress import Progress

SECONDS = 12
"""How many seconds of a shot are looked at, spread evenly over it."""
LOOKS = 4
"""Frames of each second that are looked at."""


def liveliest(shot: Shot, frames: FrameRange, grid: int, progress: Progress) -> FrameRange:
    """About a second among these frames of a shot: the one in which the largest face does most; without any, the
    middle one. It begins on a grid of so many frames. Raises FootageError when the shot cannot be read, Cancelled.
    """
    tried, most = list(seconds(frames, round(float(shot.rate)), grid)), list[float]()
    with FaceFinder() as finder:
        for done, second in enumerate(tried, 1):
            numbers = np.linspace(second.first, second.last, LOOKS).round().astype(int)
            most.append(liveliness(_signs(shot, number, finder) for number in numbers.tolist()))
            progress.say("liveliest second", done, len(tried))
    return tried[int(np.argmax(most))] if max(most) > 0 else tried[len(tried) // 2]


def seconds(frames: FrameRange, length: int, grid: int) -> Iterable[FrameRange]:
    """At most SECONDS stretches of about `length` frames, spread evenly; each begins on the grid or with the first."""
    last = max(frames.last - length + 1, frames.first)
    starts = np.linspace(frames.first, last, SECONDS).round().astype(int).tolist()
    for first in sorted({max(start // grid * grid, frames.first) for start in starts}):
        yield FrameRange(first, min(first + length - 1, frames.last))


def liveliness(looks: Iterable[Signs | None]) -> float:
    """How much a face does in a few looks: the range of each curve over the least that counts as moving, summed."""
    seen = [signs for signs in looks if signs is not None]
    if len(seen) < 2:
        return 0.0
    spans = np.ptp(np.stack(seen), axis=0)
    return float(sum(spans[NAMES.index(name)] / LEAST_AMPLITUDE[name] for name in CURVES))


def _signs(shot: Shot, number: int, finder: FaceFinder) -> Signs | None:
    faces = finder.find(read_frame(shot, number).pixels, SMALLEST_FACE)
    return signs_of(faces[0].points) if faces else None
