"""Where the people of a picture are, hair, clothes and hands included: MediaPipe's own segmentation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Mask, Picture
from pipeline.people.landmarks import Looker, outcome

INSIDE = 0.5
"""Least confidence of a pixel that belongs to somebody."""


class Silhouettes(Looker):
    """The silhouettes of single pictures, everybody's together. Nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation as Graph

        super().__init__(Graph(model_selection=0))

    def find(self, picture: Picture) -> Mask:
        """The people of `picture` (uint8 RGB [height, width, 3]): uint8 [height, width], 255 = somebody."""
        return np.where(self.confidence(picture) > INSIDE, 255, 0).astype(np.uint8)

    def confidence(self, picture: Picture) -> NDArray[np.float32]:
        """How surely each pixel of `picture` (uint8 RGB [height, width, 3]) is somebody: float32 [height, width]."""
        return outcome(self._graph, picture, "segmentation_mask")
