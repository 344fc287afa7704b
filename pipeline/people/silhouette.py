"""Where the people of a picture are, hair, clothes and hands included: MediaPipe's own segmentation."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np

from pipeline.frames import Mask, Picture

INSIDE = 0.5
"""Least confidence of a pixel that belongs to somebody."""


class Silhouettes:
    """The silhouettes of single pictures, everybody's together. Nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation as Graph

        self._graph: Any = Graph(model_selection=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._graph.close()

    def find(self, picture: Picture) -> Mask:
        """The people of `picture` (uint8 RGB [height, width, 3]): uint8 [height, width], 255 = somebody."""
        confidence = self._graph.process(np.ascontiguousarray(picture)).segmentation_mask
        return np.where(confidence > INSIDE, 255, 0).astype(np.uint8)
