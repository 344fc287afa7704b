"""The plate's own motion, and carrying pictures along it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture

Plane = NDArray[np.float32]
"""float32 [height, width] or [height, width, channels], at most four channels."""
Flow = NDArray[np.float32]
"""float32 [height, width, 2]: where each pixel's content lies in the other frame, less its own place, in pixels."""


def places(flow: Flow) -> tuple[Plane, Plane]:
    """Column and row in the other frame of each pixel's content."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    return columns + flow[..., 0], rows + flow[..., 1]


def fetch(source: Plane, at: tuple[Plane, Plane]) -> Plane:
    """What `source` has at these columns and rows, bilinear; beyond its edge the outermost pixels."""
    return cv2.remap(source, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Step:
    """How the plate moved from the frame before to this one.

    at: where each pixel's content was in the frame before. seen: bool [height, width], whether it was seen there.
    """

    at: tuple[Plane, Plane]
    seen: NDArray[np.bool_]

    def carry(self, before: Plane) -> Plane:
        """The frame before, moved to where its content lies now."""
        return fetch(before, self.at)


def step_between(back: Flow, forth: Flow) -> Step:
    """The step from the frame before, given the flow to it from the present frame, and the flow from it.

    A pixel's content is seen in both when the two flows cancel within the tolerance of Sundaram, Brox and Keutzer 2010
    ("Dense point trajectories by GPU-accelerated large displacement optical flow") and the place lies in the picture.
    """
    at = places(back)
    returned = fetch(forth, at)
    error = ((back + returned) ** 2).sum(axis=-1)
    tolerance = 0.01 * ((back**2).sum(axis=-1) + (returned**2).sum(axis=-1)) + 0.5
    inside = (at[0] >= 0) & (at[1] >= 0) & (at[0] <= back.shape[1] - 1) & (at[1] <= back.shape[0] - 1)
    return Step(at, inside & (error <= tolerance))


class Motion:
    """Estimates the plate's motion frame after frame with DIS optical flow. Keeps one grey picture."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._before: NDArray[np.uint8] | None = None

    def step(self, plate: Picture, cut: bool) -> Step | None:
        """The step to the next frame (uint8 RGB); None on the first frame and at a cut: nothing can be carried."""
        grey = cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY).astype(np.uint8)
        before, self._before = self._before, grey
        if before is None or cut:
            return None
        return step_between(self._between(grey, before), self._between(before, grey))

    def _between(self, start: NDArray[np.uint8], end: NDArray[np.uint8]) -> Flow:
        return np.asarray(self._flow.calc(start, end, np.zeros((*start.shape, 2), np.float32)), np.float32)
