"""Steadying a finished pass: the look that it gives the plate is averaged along the plate's own motion.

A pass changes the plate; that change is its *look*. A look should lie on the surfaces and move with them, and what of
it comes and goes from frame to frame is flicker. So the looks of the frames around are carried to the frame in the
middle, along the plate's flow, and averaged where they are to be seen. The acting is in the plate and is not touched:
averaging the pictures themselves would smear every movement that the flow misses, averaging the looks smears none of
the plate.

The window is symmetrical, so nothing lags, and it has equal weights, which for a look that flickers at random leaves
1 / (2 reach + 1) of the change from frame to frame. A frame hangs on the finished frames of its window and on nothing
else, so there is no border between batches or windows to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Flow, Picture
from pipeline.motion.flow import Plane, fetch, places

LOW_PASS_SIGMA = 3.0
"""Pixels. Looks are compared without their grain."""
BREAK = 0.3
"""Pixels by which the motion differs from one pixel to the next where things move against each other."""
BREAK_REACH = 3
"""Pixels around a break of the motion that the flow may miss it by."""
SOBEL = 8.0
"""What OpenCV's 3x3 Sobel makes of a slope of 1 pixel a pixel."""
KNOWN = 0.99
"""A carried pixel counts when everything that it is interpolated from is known."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a pass makes of one frame of the plate.

    change: float32 [height, width, 3], the result less the plate, in levels of 255. known: bool [height, width]; the
    pass says nothing of the rest, for instance outside the box of a face.
    """

    change: Plane
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, result: Picture, plate: Picture, known: NDArray[np.bool_]) -> Look:
        """The look of a result, uint8 RGB at the plate's size."""
        return cls(result.astype(np.float32) - plate, known)

    def on(self, plate: Picture) -> Picture:
        """The plate with this look, uint8."""
        return np.round(plate + self.change).clip(0, 255).astype(np.uint8)


def steadied(
    own: Look, others: Iterable[tuple[Flow, Look]], tolerance: float, box: Box, own_below: float = 0.0
) -> Look:
    """The look of a frame, averaged with those of the frames around it inside `box` (on the plate, not over its edge).

    others: for each, the flow from this frame to it, and its look. tolerance: levels of 255; a look that differs from
    the frame's own by so much, once both are low-passed, counts exp(-1/2), and one that differs by twice as much
    exp(-2) (the range weight of the bilateral filter, Tomasi and Manduchi 1998): a lamp that is switched on stays on.
    Outside the box the frame's own look stays. own_below: sigma in pixels; where the plate's motion breaks, structure
    of the look that is finer stays the frame's own, so that silhouettes which the flow misses by a pixel leave no rims;
    0 averages everything.
    """
    mine = np.ascontiguousarray(box.cut(own.change))
    low = _low_passed(mine)
    total, weight, breaks = mine.copy(), np.ones(mine.shape[:2], np.float32), np.zeros(mine.shape[:2], np.float32)
    for flow, look in others:
        if abs(flow.to - flow.frame) == 1:
            breaks = np.maximum(breaks, box.cut(broken(flow)))
        columns, rows = places(flow.vectors)
        at = np.ascontiguousarray(box.cut(columns)), np.ascontiguousarray(box.cut(rows))
        theirs = fetch(look.change, at)
        known = fetch(look.known.astype(np.float32), at) > KNOWN
        difference = ((_low_passed(theirs) - low) ** 2).mean(axis=-1)
        share = np.exp(-difference / (2 * tolerance**2)) * (known & box.cut(flow.seen))
        total += theirs * share[..., None]
        weight += share
    mean, change = total / weight[..., None], own.change.copy()
    if own_below > 0:
        coarse = mine + cv2.GaussianBlur(mean - mine, (0, 0), own_below)
        mean += breaks[..., None] * (coarse - mean)
    box.cut(change)[:] = mean
    return Look(change, own.known)


def broken(flow: Flow) -> Plane:
    """Where the motion from a frame to its neighbour breaks: float32 [height, width], 1 = there, 0 = away from it.

    That is where it changes by more than BREAK from pixel to pixel, as at a silhouette, or is not seen in both frames;
    and BREAK_REACH pixels around, with a soft edge.
    """
    across, down = (cv2.Sobel(flow.vectors, cv2.CV_32F, *way) / SOBEL for way in ((1, 0), (0, 1)))
    edges = np.sqrt((across**2 + down**2).sum(axis=-1)) > BREAK
    side = 2 * BREAK_REACH + 1
    grown = cv2.dilate((edges | ~flow.seen).astype(np.float32), np.ones((side, side)))
    return cv2.GaussianBlur(grown, (0, 0), BREAK_REACH / 2).astype(np.float32, copy=False)


def _low_passed(change: Plane) -> Plane:
    return cv2.GaussianBlur(change, (0, 0), LOW_PASS_SIGMA).astype(np.float32, copy=False)
