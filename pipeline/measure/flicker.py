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
from pipeline.measure.regions import Sums, summed

LOW_PASS_SIGMA = 3.0
"""Pixels."""

CHANGE, AGAINST_PLATE, PIXELS = range(3)
"""What is summed for each clip: its squared change, the square of its change less the plate's change, and ones."""


def low_pass(picture: Picture) -> FloatPicture:
    """The picture as float32 levels 0..255, blurred with sigma 3 px."""
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), LOW_PASS_SIGMA).astype(np.float32)


class FlickerMeter:
    """Measures the clips of one plate side by side, frame after frame, in one pass. Keeps one frame of each."""

    def __init__(self) -> None:
        self._before: tuple[FloatPicture, ...] = ()

    def step(self, clips: Sequence[Picture], motion: Step | None, face: NDArray[np.bool_]) -> Sums | None:
        """The sums of the next frame, [clips, 3] as named above, in squared levels of 255 (mean of the channels).

        clips: the plate's picture first, then the others', uint8 RGB of one size. motion: how the plate moved.
        face: bool [height, width]. None where nothing can be carried.
        """
        before, self._before = self._before, tuple(low_pass(clip) for clip in clips)
        if motion is None:
            return None
        changes = [now - motion.carry(then) for now, then in zip(self._before, before, strict=True)]
        seen = motion.seen.astype(np.float32)
        planes = [
            plane
            for change in changes
            for plane in (_mean_square(change) * seen, _mean_square(change - changes[0]) * seen, seen)
        ]
        return {region: sums.reshape(len(clips), 3) for region, sums in summed(planes, face).items()}


def _mean_square(change: FloatPicture) -> NDArray[np.float32]:
    return np.einsum("hwc,hwc->hw", change, change) / np.float32(3)
