"""The plate's own motion from frame to frame, as the measures carry pictures along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Flow, Picture
from pipeline.motion.flow import Plane, estimate, fetch, places


@dataclass(frozen=True, eq=False)
class Step:
    """How the plate moved from the frame before to this one.

    at: column and row, in the frame before, of each pixel's content. seen: bool [height, width], whether it was seen
    there.
    """

    at: tuple[Plane, Plane]
    seen: NDArray[np.bool_]

    @classmethod
    def along(cls, back: Flow) -> Step:
        """The step whose flow leads from this frame to the one before."""
        return cls(places(back.vectors), back.seen)

    def carry(self, before: Plane) -> Plane:
        """The frame before, moved to where its content lies now."""
        return fetch(before, self.at)


class Motion:
    """The plate's motion frame after frame, estimated where nobody knows it. Keeps one picture."""

    def __init__(self) -> None:
        self._before: Picture | None = None

    def step(self, plate: Picture, cut: bool, known: Flow | None = None) -> Step | None:
        """The step to the next frame (uint8 RGB); None on the first frame and at a cut: nothing can be carried.

        known: the flow from this frame to the one before, where somebody knows it.
        """
        before, self._before = self._before, plate
        if before is None or cut:
            return None
        return Step.along(known or estimate(plate, before, 1, 0))
