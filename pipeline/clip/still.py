"""Pictures as PNG files: exact both ways, and the same bytes for the same picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import FootageError

FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
"""zlib level 1: frames are written far more often than they are kept."""


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """The PNG of a uint8 picture: grey [h, w], RGB [h, w, 3] or RGBA [h, w, 4], values as they are."""
    done, data = cv2.imencode(".png", _reversed(picture), FAST)
    if picture.dtype != np.uint8 or not done:
        raise ValueError(f"PNG holds uint8 pictures of 1, 3 or 4 channels, not {picture.dtype} {picture.shape}")
    return data.tobytes()


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """The picture that `encode_png` was given. Raises FootageError when the bytes are not a whole picture of 8 bits."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if picture is None or picture.dtype != np.uint8:
        raise FootageError("A stored picture is damaged.", "Delete it and render again: only that frame is made anew.")
    return _reversed(np.asarray(picture, np.uint8))


def _reversed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB to BGR or back, as OpenCV wants it; alpha stays last, grey stays as it is."""
    if picture.ndim == 2:
        return picture
    order = [2, 1, 0, 3][: picture.shape[2]]
    return np.ascontiguousarray(picture[..., order])
