"""Pictures as PNG files: exact both ways, and the same bytes for the same picture."""

from __future__ import annotations

import itertools
import struct

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from pipeline.errors import FootageError
from pipeline.recipe.infotext import PNG, packed_chunk

FAST = 1
"""ISA-L's level: frames are written far more often than they are kept. A fifth of the time of zlib's level 1 as libpng
calls it, and files as large."""
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels -> what PNG calls grey, RGB and RGBA."""
FROM_ABOVE = 2
"""PNG's number of the filter that writes every byte as its difference to the one above."""
HEADER, ROWS, AROUND = 16, 33, 12
"""Where the first chunk's content and the second chunk begin in a PNG; bytes of a chunk beside its content."""


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """The PNG of a uint8 picture: grey [h, w], RGB [h, w, 3] or RGBA [h, w, 4], values as they are."""
    height, width = picture.shape[:2]
    channels = COLOUR_TYPES.get(1 if picture.ndim == 2 else picture.shape[2])
    if picture.dtype != np.uint8 or channels is None:
        raise ValueError(f"PNG holds uint8 pictures of 1, 3 or 4 channels, not {picture.dtype} {picture.shape}")
    header = struct.pack(">IIBBBBB", width, height, 8, channels, 0, 0, 0)
    rows = isal_zlib.compress(_rows_from_above(picture), FAST)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return PNG + b"".join(packed_chunk(kind, body) for kind, body in chunks)


def _rows_from_above(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The rows as PNG packs them: the filter's number, then the differences to the row above, modulo 256."""
    rows = np.ascontiguousarray(picture).reshape(picture.shape[0], -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = FROM_ABOVE
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """The picture that `encode_png` was given. Raises FootageError when the bytes are not a whole picture of 8 bits."""
    own = _packed_by_us(data)
    if own is not None:
        return own
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if picture is None or picture.dtype != np.uint8:
        raise FootageError("A stored picture is damaged.", "Delete it and render again: only that frame is made anew.")
    return _reversed(np.asarray(picture, np.uint8))


def _packed_by_us(data: bytes) -> NDArray[np.uint8] | None:
    """The picture of a PNG that is laid out as `encode_png` does it, in half of OpenCV's time; None for any other."""
    if len(data) < ROWS + AROUND or data[ROWS + 4 : ROWS + 8] != b"IDAT":
        return None
    width, height, depth, colours, *ways = struct.unpack_from(">IIBBBBB", data, HEADER)
    (length,) = struct.unpack_from(">I", data, ROWS)
    channels = next((count for count, kind in COLOUR_TYPES.items() if kind == colours), None)
    if channels is None or depth != 8 or any(ways) or len(data) != ROWS + 2 * AROUND + length:
        return None
    try:
        rows = np.frombuffer(isal_zlib.decompress(memoryview(data)[ROWS + 8 : ROWS + 8 + length]), np.uint8)
    except isal_zlib.error:  # pyright: ignore[reportGeneralTypeIssues]
        return None
    if rows.size != height * (width * channels + 1) or (rows[:: width * channels + 1] != FROM_ABOVE).any():
        return None
    picture = _summed_from_above(rows.reshape(height, -1)[:, 1:])
    return picture.reshape((height, width, channels) if channels > 1 else (height, width))


def _summed_from_above(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What `_rows_from_above` was given, without the filter's numbers. Row by row: numpy's own sum is slower."""
    summed = np.array(rows)
    for above, row in itertools.pairwise(summed):
        row += above
    return summed


def _reversed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """BGR, as OpenCV reads it, to RGB; alpha stays last, grey stays as it is."""
    if picture.ndim == 2:
        return picture
    way = cv2.COLOR_BGRA2RGBA if picture.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(picture, way).astype(np.uint8, copy=False)
