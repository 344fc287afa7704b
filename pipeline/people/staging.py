"""Tracks as one face pass sees them: who is worked at in which frame, how fully, and in which square of the plate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Crop
from pipeline.motion.cuts import Cuts
from pipeline.people.smooth import averaged, held_above, switched
from pipeline.people.tracks import Run, Tracks
from pipeline.recipe.regions import OfPerson

FADE = 5
"""Frames over which the layer of a face comes and goes where the face is lost and not cut away."""
KEEPS = 0.85
"""Part of the least size, or of the rotation threshold, below which a face has to fall to be let go again."""
TURN_FADE = 6
"""Frames on each side over which a crop begins or ends to turn with its face."""
SIDE_SECONDS = 0.5
"""Seconds on each side for which a crop is held as large as the face will be or was."""
ROOM = 1.03
"""A crop holds this much more than the averaged reach of the face: the jaw opens further than on average."""


@dataclass(frozen=True, eq=False)
class Staged:
    """A run with what a pass makes of it, an entry for each frame of the run.

    presence: float64 [n] in 0..1, how fully the face's layer is laid over; 0 = the face is left alone.
    crops: float64 [n, 4]: x, y, side, angle, as in `Crop`.
    """

    run: Run
    presence: NDArray[np.float64]
    crops: NDArray[np.float64]

    def shown(self, frame: int) -> float:
        """How fully the face is laid over in a frame of the run."""
        return float(self.presence[frame - self.run.frames.first])

    def crop(self, frame: int) -> Crop:
        """The square of the plate that the pass works at."""
        return Crop(*map(float, self.crops[frame - self.run.frames.first]))

    def face(self, frame: int) -> Crop:
        """The square that moves, turns and grows with the face exactly, on the average as large as the crop."""
        at, ratio = frame - self.run.frames.first, float(np.median(self.crops[:, 2] / self.run.poses[:, 2]))
        x, y = map(float, self.run.middles[at])
        return Crop(x, y, ratio * float(self.run.poses[at, 2]), float(self.run.poses[at, 3]))


@dataclass(frozen=True)
class Stand:
    """Where tracks are staged. plate: width and height. rate: frames a second. margin: plate pixels round a face that
    its crop must show: the growth and blur of the matte, and the padding.
    """

    plate: tuple[int, int]
    rate: float
    margin: float
    cuts: Cuts


def staged(
    tracks: Tracks, region: OfPerson, stand: Stand, part: Callable[[Run], Run] | None = None
) -> tuple[Staged, ...]:
    """Every run of a shot for a region with these settings.

    part: the run with the reach of that part of it which the pass works at; None = all of it.
    """
    return tuple(_staged(run, run if part is None else part(run), region, stand) for run in tracks.runs)


def _staged(run: Run, shown: Run, region: OfPerson, stand: Stand) -> Staged:
    """The crops are those of `shown`; whether it is worked at is decided by all of the run."""
    turns = turned(run.poses[:, 3], region.rotation_threshold)
    crops = np.column_stack([*crop_places(shown, turns, stand), turns])
    large = switched(2 * run.halves.min(axis=1), region.minimum_size, KEEPS * region.minimum_size)
    setup = stand.cuts.setup(run.frames.first)
    open_ends = (run.frames.first == setup.first, run.frames.last == setup.last)
    gone = ~large | run.hidden | _outside(run, stand.plate)
    return Staged(shown, faded(gone, open_ends), crops)


def faded(gone: NDArray[np.bool_], open_ends: tuple[bool, bool]) -> NDArray[np.float64]:
    """How fully a face is there, by the distance to the nearest frame in which it is not, 0..1 over `FADE` frames.

    gone: bool [n]. open_ends: whether the run begins and ends with its set-up: there is no fading towards a cut.
    """
    count = len(gone)
    absent = [float(at) for at in np.flatnonzero(gone)]
    absent += [] if open_ends[0] else [-1.0]
    absent += [] if open_ends[1] else [float(count)]
    if not absent:
        return np.ones(count)
    places = np.sort(np.array(absent))
    every = np.arange(count, dtype=np.float64)
    after = np.searchsorted(places, every)
    nearest = np.full(count, np.inf)
    nearest = np.where(after < len(places), places[np.minimum(after, len(places) - 1)] - every, nearest)
    nearest = np.minimum(nearest, np.where(after > 0, every - places[np.maximum(after - 1, 0)], np.inf))
    return np.clip(nearest / FADE, 0, 1)


def turned(angles: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """By how many degrees a crop is turned along a run whose face leans by `angles`.

    It turns with its face from `threshold` on and no more below 85 % of it, so that it does not flip; and it begins and
    ends softly, over `TURN_FADE` frames on each side.
    """
    wrapped = np.abs((angles + 180) % 360 - 180)
    share = averaged(switched(wrapped, threshold, KEEPS * threshold).astype(np.float64), TURN_FADE)
    return angles * share


def crop_places(run: Run, turns: NDArray[np.float64], stand: Stand) -> tuple[NDArray[np.float64], ...]:
    """Middle x, middle y and side of the crops of a run, in pixels, float64 [n] each.

    The side follows the largest that the face needs around; what would lie outside of the plate is pushed back inside
    as Auto1111 does, or centred where the plate is smaller.
    """
    lean = np.radians(run.poses[:, 3] - turns)
    across, along = run.halves.T
    wide = np.hypot(across * np.cos(lean), along * np.sin(lean))
    high = np.hypot(along * np.cos(lean), across * np.sin(lean))
    side = held_above(2 * (ROOM * np.maximum(wide, high) + stand.margin), round(SIDE_SECONDS * stand.rate))
    x, y = (inside(run.middles[:, axis], side, stand.plate[axis]) for axis in (0, 1))
    return x, y, side


def inside(middle: NDArray[np.float64], side: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Middles of squares, pushed so that they lie within 0..length; in its middle where they are longer."""
    half = np.minimum(side, length) / 2
    return np.clip(middle, half, length - half)


def _outside(run: Run, plate: tuple[int, int]) -> NDArray[np.bool_]:
    """Where no part of the face is on the plate."""
    low, high = run.middles - run.halves, run.middles + run.halves
    return ((high <= 0) | (low >= np.array(plate))).any(axis=1)


def at(stagings: Iterable[Staged], frame: int) -> list[Staged]:
    """Those who are worked at in a frame, the smallest face first, so that the nearest is laid over last."""
    here = [s for s in stagings if frame in s.run.frames and s.shown(frame) > 0]
    return sorted(here, key=lambda s: (s.run.pose(frame).size, s.run.person))
