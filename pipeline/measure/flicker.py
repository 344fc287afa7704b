"""Flicker: what changes from frame to frame along the plate's own motion.

Each picture is low-passed with a Gaussian of sigma 3 px, so that grain and sharpness do not count. The frame before is
carried to the present one along the plate's optical flow (DIS), for the render as for the plate; what differs then, as
the root mean square in levels of 255 over the pixels that are seen in both frames, is flicker.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import FloatPicture, Picture
from pipeline.measure.motion import Step
from pipeline.measure.regions import Parts, Sums, summed, within

LOW_PASS_SIGMA = 3.0
"""Pixels."""

CHANGE, AGAINST_PLATE, PIXELS, AREA = range(4)
"""What is summed for each clip: over the pixels seen in both frames its squared change, the square of its change less
the plate's change, and ones; and ones over all pixels."""


def low_pass(picture: Picture) -> FloatPicture:
    """The picture as float32 levels 0..255, blurred with sigma 3 px."""
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), LOW_PASS_SIGMA).astype(np.float32)


class FlickerMeter:
    """Measures the clips of one plate side by side, frame after frame, in one pass. Keeps one frame of each."""

    def __init__(self) -> None:
        self._before: tuple[FloatPicture, ...] = ()

    def step(self, clips: Sequence[Picture], motion: Step | None, parts: Parts) -> Sums | None:
        """The sums of the next frame, [clips, 4] as named above, in squared levels of 255 (mean of the channels).

        clips: the plate's picture first, then the others', uint8 RGB of one size. motion: how the plate moved.
        None where nothing can be carried.
        """
        before, self._before = self._before, tuple(low_pass(clip) for clip in clips)
        if motion is None:
            return None
        changes = [now - motion.carry(then) for now, then in zip(self._before, before, strict=True)]
        planes = [plane for change in changes for plane in (np.square(change), np.square(change - changes[0]))]
        areas = summed((), parts)
        return {
            region: np.insert(_of_channels(sums[:-1], len(clips)), 2, [[sums[-1]], [areas[region][0]]], axis=1)
            for region, sums in summed(planes, within(parts, motion.seen)).items()
        }


def _of_channels(sums: NDArray[np.float64], clips: int) -> NDArray[np.float64]:
    """The mean over the three channels: [clips, 2]."""
    return sums.reshape(clips, 2, 3).mean(axis=2)
