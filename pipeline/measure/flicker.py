"""Flicker: what changes from frame to frame along the plate's own motion.

Each picture is low-passed with a Gaussian of sigma 3 px, so that grain and sharpness do not count. The frame before is
carried to the present one along the plate's optical flow (DIS), for the render as for the plate; what differs then, as
the mean absolute difference in levels of 255 over the pixels that are seen in both frames, is flicker.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, FloatPicture, Picture

LOW_PASS_SIGMA = 3.0
"""Pixels."""
REGIONS = ("whole frame", "face", "elsewhere")

Flow = NDArray[np.float32]
"""float32 [height, width, 2]: where each pixel's content lies in the other frame, less its own place, in pixels."""

Levels = dict[str, list[float]]
"""By region, the flicker of each clip in one frame, in levels of 255; NaN for a region without pixels."""


def low_pass(picture: Picture) -> FloatPicture:
    """The picture as float32 levels 0..255, blurred with sigma 3 px."""
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), LOW_PASS_SIGMA).astype(np.float32)


def fetch(source: NDArray[np.float32], flow: Flow) -> NDArray[np.float32]:
    """For each pixel what `source` has at the pixel's place plus `flow`, bilinear."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    return cv2.remap(
        source, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)


def seen_in_both(back: Flow, forth: Flow) -> NDArray[np.bool_]:
    """Pixels of the present frame whose content was in the frame before: [height, width].

    back, forth: flow from the present frame to the one before, and from that one to the present.
    They must cancel within the tolerance of Sundaram, Brox and Keutzer 2010 ("Dense point trajectories by
    GPU-accelerated large displacement optical flow"), and the place must lie inside the picture.
    """
    returned = fetch(forth, back)
    error = ((back + returned) ** 2).sum(axis=-1)
    tolerance = 0.01 * ((back**2).sum(axis=-1) + (returned**2).sum(axis=-1)) + 0.5
    rows, columns = np.indices(back.shape[:2], dtype=np.float32)
    x, y = columns + back[..., 0], rows + back[..., 1]
    inside = (x >= 0) & (y >= 0) & (x <= back.shape[1] - 1) & (y <= back.shape[0] - 1)
    return inside & (error <= tolerance)


def region_masks(shape: tuple[int, ...], faces: Sequence[Box]) -> dict[str, NDArray[np.bool_]]:
    """Where each region of REGIONS lies in a picture of this shape, (height, width)."""
    face = np.zeros(shape, bool)
    for box in faces:
        box.clipped(shape[1], shape[0]).cut(face)[:] = True
    return {"whole frame": np.ones(shape, bool), "face": face, "elsewhere": ~face}


class FlickerMeter:
    """Measures the clips of one plate side by side, frame after frame, in one pass. Keeps one frame of each."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._grey: NDArray[np.uint8] | None = None
        self._clips: tuple[FloatPicture, ...] = ()

    def step(self, clips: Sequence[Picture], faces: Sequence[Box], cut: bool) -> Levels | None:
        """The flicker of each clip in the next frame, by region.

        clips: the plate's picture first, then the others', uint8 RGB of one size. faces: boxes in the plate.
        None on the first frame and at a cut, where there is nothing to compare with.
        """
        grey = cv2.cvtColor(clips[0], cv2.COLOR_RGB2GRAY).astype(np.uint8)
        before, clips_before = self._grey, self._clips
        self._grey, self._clips = grey, tuple(low_pass(clip) for clip in clips)
        if before is None or cut:
            return None
        back = self._flow_from(grey, before)
        seen = seen_in_both(back, self._flow_from(before, grey))
        changes = [
            np.abs(now - fetch(then, back)).mean(axis=-1) for now, then in zip(self._clips, clips_before, strict=True)
        ]
        masks = {region: mask & seen for region, mask in region_masks(grey.shape, faces).items()}
        return {region: [mean_over(change, mask) for change in changes] for region, mask in masks.items()}

    def _flow_from(self, start: NDArray[np.uint8], end: NDArray[np.uint8]) -> Flow:
        return np.asarray(self._flow.calc(start, end, np.zeros((*start.shape, 2), np.float32)), np.float32)


def mean_over(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """The mean of `values` where `mask` holds, NaN when that is nowhere."""
    return float(values[mask].mean(dtype=np.float64)) if mask.any() else float("nan")
