"""Noise that lies on the surfaces: carried along the plate's flow, and still white and of variance 1 in every frame.

Interpolating noise blurs it and lowers its variance, which a denoiser answers with blur. So nothing is interpolated
here: every cell of a frame holds one number of one earlier frame's noise, and no number is held twice. What is carried
is therefore not the noise but where it comes from, a table of origins that any noise can be read through (Chang et al.
2024, "How I Warped Your Noise", carry the same wish further, to numbers split over parts of a cell).

A carrier starts with a noise of its own and is followed for at most two periods, so a frame hangs on a bounded number
of steps of the flow. Two carriers are always under way, half a life apart, and blend with the square roots of two
shares that add up to 1: variance stays 1, cells stay independent, and no carrier is ever seen to come or go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Flow
from pipeline.motion.flow import fetch, inside

PERIOD = 16
"""Frames from one carrier's start to the next one's; a carrier lives for two periods."""

Origins = NDArray[np.int32]
"""int32 [height, width, 3]: the frame, row and column whose noise a cell holds."""


@dataclass(frozen=True, eq=False)
class Carrier:
    """Where the noise of every cell of a frame comes from.

    origins: see `Origins`. offsets: float32 [height, width, 2], x then y in cells: where in its cell, counted from its
    middle, the number really lies, so that slow motion adds up until it reaches the next cell.
    """

    frame: int
    origins: Origins
    offsets: NDArray[np.float32]

    @classmethod
    def fresh(cls, frame: int, height: int, width: int) -> Carrier:
        """A carrier that starts: every cell holds its own frame's noise."""
        return cls(frame, _own(frame, height, width), np.zeros((height, width, 2), np.float32))

    def moved(self, flow: Flow) -> Carrier:
        """The carrier one step on. flow: from this frame to the next, on the grid of the cells.

        A number moves with what it lies on. Where two arrive at one cell, the one nearer to the middle stays and the
        other ends; halves round up, so that an even motion makes no collisions. Where none arrives, or what was there
        is hidden, the cell starts with its own frame's noise.
        """
        height, width = self.origins.shape[:2]
        rows, columns = np.indices((height, width), dtype=np.float32)
        at = (columns + self.offsets[..., 0], rows + self.offsets[..., 1])
        step = fetch(flow.vectors, at)
        x, y = at[0] + step[..., 0], at[1] + step[..., 1]
        alive = flow.seen & inside((x, y))
        column, row = (np.floor(place[alive] + 0.5).astype(np.int64) for place in (x, y))
        offset = np.stack((x[alive] - column, y[alive] - row), axis=-1)
        order = np.argsort(-(offset**2).sum(axis=-1), kind="stable")
        origins, offsets = _own(flow.to, height, width), np.zeros_like(self.offsets)
        origins[row[order], column[order]] = self.origins[alive][order]
        offsets[row[order], column[order]] = offset[order]
        return Carrier(flow.to, origins, offsets)


@dataclass(frozen=True)
class Life:
    """One of the two carriers of a frame: its number, the frame that it starts in, and how much of it counts."""

    carrier: int
    start: int
    share: float


def lives(frame: int, first: int) -> tuple[Life, Life]:
    """The two carriers of a frame; the squares of their shares add up to 1.

    first: the first frame of the set-up, where carriers start that would have started before it. The grid of the starts
    is absolute, so a frame has the same carriers whatever is rendered.
    """
    number = frame // PERIOD
    angle = (frame % PERIOD) / PERIOD * math.pi / 2
    older, newer = ((carrier, max(carrier * PERIOD, first)) for carrier in (number - 1, number))
    return Life(*older, math.cos(angle)), Life(*newer, math.sin(angle))


def carried(start: int, frame: int, size: tuple[int, int], step: Callable[[int], Flow]) -> Origins:
    """The origins in `frame` of a carrier that started at `start`. size: height and width of the grid in cells.

    step: the flow from a frame to the next one, on that grid.
    """
    carrier = Carrier.fresh(start, *size)
    for at in range(start, frame):
        carrier = carrier.moved(step(at))
    return carrier.origins


def _own(frame: int, height: int, width: int) -> Origins:
    rows, columns = np.indices((height, width), dtype=np.int32)
    return np.stack((np.full_like(rows, frame), rows, columns), axis=-1)
