"""Hair: which pixels round a face are its hair, in the upright frame of the head.

MediaPipe's multiclass segmenter says it where its file is on this machine; without the file it is found by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelMissing
from pipeline.frames import Mask, Picture
from pipeline.people.finder import MESH_POINTS
from pipeline.people.hair_colour import BROW, SCALE, SIDE, above, by_colour, dilated, hull
from pipeline.people.landmarks import FacePoints, Looker
from pipeline.people.pose import Pose
from pipeline.people.silhouette import Silhouettes

BELOW = 0.9
"""How far below the origin of the face the middle of that picture lies, in sizes: hair falls."""

HAIR = 1
"""The segmenter's class: background, hair, skin of the body, skin of the face, clothes, others."""

Canvas = NDArray[np.float64]
"""float64 [2, 3]: from pixels of the plate to those of the upright picture, as cv2.warpAffine takes it."""


class HairSegmenter(Looker):
    """MediaPipe's multiclass segmenter, from its own file. Use it in a `with`. Not thread-safe."""

    def __init__(self, weights: Path) -> None:
        """weights: selfie_multiclass_256x256.tflite. Raises ModelMissing when it is not there or not such a file."""
        from mediapipe.tasks.python import BaseOptions, vision

        try:
            options = vision.ImageSegmenterOptions(
                base_options=BaseOptions(model_asset_buffer=weights.read_bytes()), output_confidence_masks=True
            )
            super().__init__(vision.ImageSegmenter.create_from_options(options))
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelMissing(
                f"{weights.name} cannot be read as a segmenter of hair.", "Fetch it again into the model folder."
            ) from error

    def find(self, picture: Picture) -> NDArray[np.float32]:
        """How surely each pixel of `picture` (uint8 RGB [height, width, 3]) is hair: float32 [height, width]."""
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        return hair_among(self._graph.segment(image).confidence_masks, picture.shape[:2])


def hair_among(masks: Sequence[Any], size: tuple[int, ...]) -> NDArray[np.float32]:
    """The segmenter's confidence of hair, float32 [height, width] in 0..1, among its masks, one a class."""
    return np.array(masks[HAIR].numpy_view(), np.float32).reshape(size)


class HairFinder:
    """Finds the hair of single faces. Use it in a `with`. Not thread-safe."""

    def __init__(self, weights: Path | None) -> None:
        """weights: the multiclass segmenter's file; None = by colour."""
        self._segmenter = None if weights is None else HairSegmenter(weights)
        self._silhouettes = Silhouettes() if weights is None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for looker in (self._segmenter, self._silhouettes):
            if looker is not None:
                looker.__exit__(kind, error, trace)

    def find(self, picture: Picture, points: FacePoints) -> Mask:
        """How surely each pixel is this face's hair: uint8 [SIDE, SIDE] on the face's canvas; all 0 where it has none.

        points: its landmarks, float32 [478, 3], in pixels of `picture` (uint8 RGB [height, width, 3]).
        """
        canvas = canvas_of(Pose.of(points))
        upright = _cut(picture, canvas)
        marks = points[:MESH_POINTS, :2] @ canvas[:, :2].T + canvas[:, 2]
        if self._segmenter is not None:
            return _joined(np.round(self._segmenter.find(upright) * 255).astype(np.uint8), marks)
        assert self._silhouettes is not None
        return _joined(by_colour(upright, marks, self._silhouettes.confidence(upright)), marks)


def canvas_of(pose: Pose) -> Canvas:
    """Where the upright picture of a head lies in the plate."""
    inward = np.linalg.inv(pose.axes) * SCALE
    middle = np.array([SIDE / 2, SIDE / 2 - BELOW * SCALE])
    return np.column_stack([inward, middle - inward @ np.array([pose.x, pose.y])])


def _cut(picture: Picture, canvas: Canvas) -> Picture:
    """The upright picture; from a smaller one where much is shrunk, so that nothing is skipped."""
    shrink = min(2 * float(np.sqrt(abs(np.linalg.det(canvas[:, :2])))), 1.0)
    if shrink < 1:
        size = (max(round(picture.shape[1] * shrink), 1), max(round(picture.shape[0] * shrink), 1))
        across, down = picture.shape[1] / size[0], picture.shape[0] / size[1]
        canvas = canvas @ np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return cv2.warpAffine(picture, canvas, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def _joined(hair: Mask, marks: NDArray[np.float64]) -> Mask:
    """What of it touches the band round the upper face: the other is somebody else's, or none."""
    count, parts = cv2.connectedComponents((hair > 127).astype(np.uint8), connectivity=4)
    band = dilated(hull(marks), 1.0) & above(marks[BROW, 1])
    own = np.isin(parts, [part for part in range(1, count) if (parts[band] == part).any()])
    near = cv2.dilate(own.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(near, hair, 0).astype(np.uint8)
