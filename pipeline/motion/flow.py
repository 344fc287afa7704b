"""Optical flow between two frames of a plate: estimated, checked for what is hidden, joined to longer steps.

A flow belongs to the frame that it starts from: what is at p in `frame` is at p + vectors[p] in `to`. So a flow
fetches: `warp(picture of flow.to, flow)` is that picture, moved to where its content lies in `flow.frame`.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PhotoplayError
from pipeline.frames import Flow, Picture

Vectors = NDArray[np.float32]
"""float32 [height, width, 2], x then y, in pixels."""
Plane = NDArray[np.float32]
"""float32 [height, width] or [height, width, channels], at most four channels."""

LEAST_SIDE = 16
"""Pixels. Below it DIS has no patch to compare, and what is on the picture is too little to follow."""
TOLERANCE, TOLERANCE_SHARE = 0.5, 0.01
"""Forward-backward check: squared pixels that the way there and back may miss by, and that share of both lengths."""
INTERPOLATION = {"bilinear": cv2.INTER_LINEAR, "lanczos": cv2.INTER_LANCZOS4}


def estimate(a: Picture, b: Picture, frame: int, to: int) -> Flow:
    """The flow from picture `a` (number `frame`) to picture `b` (number `to`), both uint8 RGB of one size.

    DIS optical flow (Kroeger, Timofte, Dai and Van Gool 2016), preset medium, on the luma, both ways; `seen` by
    `agreement`. Raises PhotoplayError when the sizes differ.
    """
    return estimate_both(a, b, frame, to)[0]


def estimate_both(a: Picture, b: Picture, frame: int, to: int) -> tuple[Flow, Flow]:
    """The flow from `a` to `b` and that from `b` to `a`, for the price of one: either checks the other."""
    if a.shape != b.shape:
        raise PhotoplayError(f"Frames {frame} and {to} have different sizes: {a.shape} and {b.shape}.")
    if min(a.shape[:2]) < LEAST_SIDE:
        return still(a.shape[0], a.shape[1], frame, to), still(a.shape[0], a.shape[1], to, frame)
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8) for picture in (a, b)]
    forth, back = _dis(greys[0], greys[1]), _dis(greys[1], greys[0])
    return Flow(frame, to, forth, agreement(forth, back)), Flow(to, frame, back, agreement(back, forth))


def still(height: int, width: int, frame: int, to: int) -> Flow:
    """The flow of a plate that does not move; of every frame to itself."""
    return Flow(frame, to, np.zeros((height, width, 2), np.float32), np.ones((height, width), bool))


def places(vectors: Vectors) -> tuple[Plane, Plane]:
    """Column and row in the other frame of each pixel's content."""
    rows, columns = np.indices(vectors.shape[:2], dtype=np.float32)
    return columns + vectors[..., 0], rows + vectors[..., 1]


def inside(at: tuple[Plane, Plane]) -> NDArray[np.bool_]:
    """Which of these columns and rows lie in a picture of the planes' own size."""
    height, width = at[0].shape
    return (at[0] >= 0) & (at[1] >= 0) & (at[0] <= width - 1) & (at[1] <= height - 1)


def agreement(forth: Vectors, back: Vectors) -> NDArray[np.bool_]:
    """Which pixels of the first frame are to be seen in the second: bool [height, width].

    forth: from the first frame to the second; back: from the second to the first. A pixel is seen when the way there
    and back ends where it began, within the tolerance of Sundaram, Brox and Keutzer 2010 ("Dense point trajectories by
    GPU-accelerated large displacement optical flow"), and its place lies in the picture.
    """
    at = places(forth)
    returned = fetch(back, at)
    missed = ((forth + returned) ** 2).sum(axis=-1)
    lengths = (forth**2).sum(axis=-1) + (returned**2).sum(axis=-1)
    return inside(at) & (missed <= TOLERANCE_SHARE * lengths + TOLERANCE)


def fetch(plane: Plane, at: tuple[Plane, Plane], by: Literal["bilinear", "lanczos"] = "bilinear") -> Plane:
    """What `plane` has at these columns and rows; beyond its edge the outermost pixels."""
    return cv2.remap(plane, *at, INTERPOLATION[by], borderMode=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)


def warp(
    picture: Plane, flow: Flow, by: Literal["bilinear", "lanczos"] = "bilinear"
) -> tuple[Plane, NDArray[np.bool_]]:
    """The picture of frame `flow.to`, moved to where its content lies in `flow.frame`; and where that can be believed.

    picture: float32 [height, width] or [height, width, channels], any unit. by: Lanczos keeps more detail and may
    overshoot. Pixels that are not seen in both frames hold what lies nearest, and are False in the second.
    Raises PhotoplayError when picture and flow have different sizes.
    """
    if picture.shape[:2] != flow.vectors.shape[:2]:
        raise PhotoplayError(f"A picture of {picture.shape[:2]} cannot follow a flow of {flow.vectors.shape[:2]}.")
    return fetch(picture, places(flow.vectors), by), flow.seen


def compose(first: Flow, second: Flow) -> Flow:
    """The flow over two steps: from `first.frame` to `second.to`. Seen is what is seen all the way.

    Raises PhotoplayError unless the second starts where the first ends.
    """
    if first.to != second.frame:
        raise PhotoplayError(f"A flow to frame {first.to} cannot go on with one from frame {second.frame}.")
    at = places(first.vectors)
    vectors = first.vectors + fetch(second.vectors, at)
    on_the_way = fetch(second.seen.astype(np.float32), at) > 0.5
    return Flow(first.frame, second.to, vectors, first.seen & on_the_way & inside(places(vectors)))


def scaled(flow: Flow, width: int, height: int) -> Flow:
    """The flow for the same pictures at another size; vectors are scaled along, `seen` where most of a pixel is."""
    ratio = np.array([width / flow.vectors.shape[1], height / flow.vectors.shape[0]], np.float32)
    size = (width, height)
    vectors = cv2.resize(flow.vectors, size, interpolation=cv2.INTER_AREA).astype(np.float32) * ratio
    seen = cv2.resize(flow.seen.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return Flow(flow.frame, flow.to, vectors, seen)


def _dis(start: NDArray[np.uint8], end: NDArray[np.uint8]) -> Vectors:
    """DIS keeps buffers between calls, so each call has an estimator of its own: the result hangs on nothing before."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(estimator.calc(start, end, np.zeros((*start.shape, 2), np.float32)), np.float32)
