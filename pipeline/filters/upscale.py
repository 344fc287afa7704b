"""A larger picture: by Lanczos, which invents nothing, or by a network, which is let into faces only a little."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.area import SOFTNESS
from pipeline.filters.stream import Stream
from pipeline.frames import FloatPicture, Mask

Network = Callable[[FloatPicture], FloatPicture]
"""A picture made larger, by whatever factor the network has."""


def enlarged(
    stream: Stream, scale: float, network: Network | None, faces: Callable[[int], Mask | None], let_in: float
) -> Stream:
    """The stream `scale` times as large; even sides stay even.

    faces: where the faces of a frame are, at the stream's size. let_in: how much of what the network invents is let
    into them, 0..1: a network that was taught on faces draws a face that is nobody's, and acts a little differently.
    """
    for moment in stream:
        height, width = moment.pixels.shape[:2]
        size = scaled_size(width, height, scale)
        plain = cv2.resize(moment.pixels, size, interpolation=cv2.INTER_LANCZOS4)
        if network is None:
            yield moment.with_pixels(plain)
            continue
        made = network(moment.pixels.clip(0, 1))
        way = cv2.INTER_AREA if made.shape[1] > size[0] else cv2.INTER_LANCZOS4
        share = 1 - (1 - let_in) * _soft(faces(moment.number), size)
        yield moment.with_pixels(plain + share * (cv2.resize(made, size, interpolation=way) - plain))


def scaled_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Width and height after scaling; sides that are even stay even, because 4:2:0 wants them so."""
    sides = (round(side * scale) for side in (width, height))
    wide, high = (new + (new % 2 if old % 2 == 0 else 0) for new, old in zip(sides, (width, height), strict=True))
    return wide, high


def _soft(mask: Mask | None, size: tuple[int, int]) -> NDArray[np.float32]:
    """The mask at another size with a soft edge, [h, w, 1] in 0..1."""
    if mask is None:
        return np.zeros((size[1], size[0], 1), np.float32)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), SOFTNESS * min(mask.shape))
    return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)[..., None]
