"""Scenes whose motion is known: textures that move over each other, with the true flow and what is hidden."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Flow, FrameRange, Picture
from pipeline.motion.source import Estimated, one_setup

SIZE = (96, 128)
"""Height and width."""


def texture(height: int, width: int, seed: int) -> NDArray[np.float32]:
    """float32 [height, width, 3] in 0..255: smooth blobs with something to hold on to everywhere."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return (128 + 50 * blobs / blobs.std()).clip(0, 255).astype(np.float32)


@dataclass(frozen=True)
class Panning:
    """A wall that moves by `speed` pixels a frame (x, y), and a square before it that stands still if it is there."""

    speed: tuple[float, float] = (1.5, 0.5)
    square: bool = False

    def picture(self, frame: int) -> Picture:
        """The picture of a frame."""
        height, width = SIZE
        wall = texture(3 * height, 3 * width, seed=1)
        shift = np.array([[1, 0, frame * self.speed[0] - width], [0, 1, frame * self.speed[1] - height]], np.float64)
        seen = cv2.warpAffine(wall, shift, (width, height), flags=cv2.INTER_CUBIC)
        if self.square:
            seen[32:64, 48:80] = texture(32, 32, seed=2)
        return np.round(seen).clip(0, 255).astype(np.uint8)

    def motion(self, frames: int = 64) -> Estimated:
        """The estimated motion of the first frames."""
        return Estimated(self.picture, one_setup(FrameRange(0, frames - 1)))


def uniform(frame: int, to: int, step: tuple[float, float], size: tuple[int, int] = SIZE) -> Flow:
    """A flow by which everything moves by `step` (x, y) for each frame; what leaves the picture is not seen."""
    height, width = size
    vectors = np.broadcast_to(np.array(step, np.float32) * (to - frame), (height, width, 2)).copy()
    rows, columns = np.indices(size)
    x, y = columns + vectors[..., 0], rows + vectors[..., 1]
    return Flow(frame, to, vectors, (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))
