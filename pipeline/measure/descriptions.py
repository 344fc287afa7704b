"""Describing faces in 128 numbers, so that it can be said how much alike two of them are.

Faces are described by SFace (Zhong et al. 2021, "SFace: sigmoid-constrained hypersphere loss for robust face
recognition") after YuNet has found them (Wu et al. 2023, "YuNet: a tiny millisecond-level face detector"), both as
OpenCV runs them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import FootageError, ModelMissing
from pipeline.frames import Box, Picture
from pipeline.measure.closeup import CLOSEUP_SIZE, OFF_CENTRE, cut_square, square_around

LEAST_SCORE = 0.6
"""Least confidence of YuNet in a face of a close-up."""
MOST_OVERLAP, MOST_CANDIDATES = 0.3, 50

Description = NDArray[np.float64]
"""float64 [128] of length 1: a face as SFace describes it; NaN where none is found."""


class FaceReader:
    """Describes the face in a close-up. Not thread-safe."""

    def __init__(self, detector: Path, recogniser: Path) -> None:
        """The ONNX files of YuNet and SFace. Raises ModelMissing when OpenCV cannot read them."""
        size = (CLOSEUP_SIZE, CLOSEUP_SIZE)
        try:
            self._finder = cv2.FaceDetectorYN.create(
                str(detector), "", size, LEAST_SCORE, MOST_OVERLAP, MOST_CANDIDATES
            )
            self._reader = cv2.FaceRecognizerSF.create(str(recogniser), "")
        except cv2.error as error:
            raise ModelMissing(
                f"{detector.name} or {recogniser.name} cannot be read as a face model.",
                "Fetch both again into the model folder.",
            ) from error

    def describe(self, picture: Picture, box: Box) -> Description:
        """The face in `box` of a picture (uint8 RGB); NaN when none is found there."""
        return self.describe_closeup(cut_square(picture, square_around(box, (0.0, 0.0, 1.0))))

    def describe_closeup(self, closeup: Picture) -> Description:
        """The face nearest to the middle of a close-up (uint8 RGB [320, 320, 3]); NaN when there is none near it."""
        blue_first = cv2.cvtColor(closeup, cv2.COLOR_RGB2BGR)
        _, found = self._finder.detect(blue_first)
        faces = [] if found is None else [face for face in found if _off_centre(face) <= OFF_CENTRE]
        if not faces:
            return np.full(128, np.nan)
        upright = self._reader.alignCrop(blue_first, min(faces, key=_off_centre))
        described = self._reader.feature(upright)[0].astype(np.float64)
        return described / max(float(np.linalg.norm(described)), 1e-12)


def _off_centre(face: NDArray[np.float32]) -> float:
    x, y, width, height = face[:4] / CLOSEUP_SIZE
    return float(np.hypot(x + width / 2 - 0.5, y + height / 2 - 0.5))


def character_of(pictures: Iterable[Path], reader: FaceReader) -> Description | None:
    """The mean description of the pictures' faces; None when no picture shows one. Raises FootageError."""
    found = (reader.describe_closeup(_whole(path)) for path in pictures)
    return mean_of(np.array([one for one in found if np.isfinite(one[0])]))


def _whole(path: Path) -> Picture:
    """A picture of a face as a close-up: the largest square from its middle."""
    data = np.frombuffer(path.read_bytes(), np.uint8) if path.is_file() else np.empty(0, np.uint8)
    read = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if read is None:
        raise FootageError(f"{path.name} cannot be read as a picture.", "Give PNG or JPEG pictures of the face.")
    height, width = read.shape[:2]
    side = min(height, width)
    square = Box((width - side) // 2, (height - side) // 2, side, side)
    return cut_square(cv2.cvtColor(read, cv2.COLOR_BGR2RGB).astype(np.uint8), square)


def mean_of(described: NDArray[np.float64]) -> Description | None:
    """The mean of descriptions [n, 128], of length 1; None without any."""
    if not len(described):
        return None
    mean = described.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)
