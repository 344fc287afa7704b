"""Where the people of a picture are, hair, clothes and hands included: MediaPipe's own segmentation."""

from __future__ import annotations

import numpy as np

from pipeline.frames import Mask, Picture
from pipeline.people.landmarks import Looker

INSIDE = 0.5
"""Least confidence of a pixel that belongs to somebody."""


class Silhouettes(Looker):
    """The silhouettes of single pictures, everybody's together. Nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation as Graph

        super().__init__(Graph(model_selection=0))

    def find(self, picture: Picture) -> Mask:
        """The people of `picture` (uint8 RGB [height, width, 3]): uint8 [height, width], 255 = somebody."""
        confidence = self._graph.process(np.ascontiguousarray(picture)).segmentation_mask
        return np.where(confidence > INSIDE, 255, 0).astype(np.uint8)
