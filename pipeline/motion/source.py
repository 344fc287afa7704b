"""Where the flow between neighbouring frames comes from, and walking along it over several frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Flow, FrameRange, Picture
from pipeline.keys import Key, key_of
from pipeline.motion.flow import compose, estimate_both

FLOW_VERSION = 1
"""Raised when `estimate` gives other vectors."""
Half = tuple[NDArray[np.float16], NDArray[np.bool_]]
"""A flow's vectors and `seen`, as it is kept. Rounded to 1/64 pixel up to 16 pixels, and half as large."""

Setup = Callable[[int], FrameRange]
"""The frames of the set-up (from cut to cut) that a frame of the shot lies in."""


def estimated_key(inputs: Sequence[Key]) -> Key:
    """The key of estimated motion; inputs: the keys of the plate and of its cuts."""
    return key_of("flow.estimated", FLOW_VERSION, {}, inputs)


class Motion(Protocol):
    """How a shot moves from frame to frame. Estimated and exact motion come as the same thing."""

    @property
    def setup(self) -> Setup:
        """From cut to cut."""
        ...

    def step(self, frame: int, to: int) -> Flow | None:
        """The flow from `frame` to the frame before or after it; None at a cut and at the ends of the shot."""
        ...


def one_setup(frames: FrameRange) -> Setup:
    """A shot without cuts."""
    return lambda frame: frames


@dataclass(frozen=True)
class Estimated:
    """Optical flow of the plate's pictures. A step is estimated when first asked for and kept while it is new.

    picture: the plate's pictures by frame number, uint8 RGB of one size. setup: from cut to cut. limit: how many flows
    stay in memory. They are not written to the disk: they are larger than the pictures that come of them, and those are
    kept, under a key that `estimated_key` has entered.
    """

    picture: Callable[[int], Picture]
    setup: Setup
    limit: int = 64
    kept: dict[tuple[int, int], Half] = field(default_factory=dict, repr=False, compare=False)

    def step(self, frame: int, to: int) -> Flow | None:
        """As `Motion.step`. Raises PhotoplayError when the pictures differ in size."""
        if to not in self.setup(frame):
            return None
        if (frame, to) not in self.kept:
            first, second = sorted((frame, to))
            pair = estimate_both(self.picture(first), self.picture(second), first, second)
            for flow in pair:
                self.kept[flow.frame, flow.to] = (flow.vectors.astype(np.float16), flow.seen)
            for old in list(self.kept)[: -self.limit]:
                del self.kept[old]
        vectors, seen = self.kept[frame, to]
        return Flow(frame, to, vectors.astype(np.float32), seen)


@dataclass(frozen=True)
class Given:
    """Motion that somebody else knows, for instance the engine that rendered the plate.

    flow: (frame, to) -> the flow, for neighbours; None where it is not known. estimated: asked instead there.
    """

    flow: Callable[[int, int], Flow | None]
    estimated: Estimated

    @property
    def setup(self) -> Setup:
        """From cut to cut."""
        return self.estimated.setup

    def step(self, frame: int, to: int) -> Flow | None:
        """As `Motion.step`."""
        if to not in self.setup(frame):
            return None
        return self.flow(frame, to) or self.estimated.step(frame, to)


def walk(motion: Motion, frame: int, to: int) -> Iterator[Flow]:
    """The flows from `frame` to every frame on the way to `to`, nearest first; ends early at a cut."""
    towards = 1 if to > frame else -1
    far: Flow | None = None
    for at in range(frame, to, towards):
        step = motion.step(at, at + towards)
        if step is None:
            return
        far = step if far is None else compose(far, step)
        yield far


def between(motion: Motion, frame: int, to: int) -> Flow | None:
    """The flow from `frame` to `to`, over as many steps as it takes; None when a cut lies between, or they are one."""
    return next((flow for flow in walk(motion, frame, to) if flow.to == to), None)
