"""Frames that look like a fault of the machine and not like a picture: black, of one colour, or twice the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from pipeline.frames import Picture

Mark = Literal["black", "of one colour", "the same as the frame before"]

DARKEST = 8
"""Levels of 255. A result with nothing brighter is black, if its source is not."""
PLAINEST = 1.0
"""Levels of 255. A result that varies less, as a standard deviation, is of one colour, if its source varies more."""
STILL = 2.0
"""Levels of 255. Sources that differ less on average may well give one and the same result."""


@dataclass(frozen=True, eq=False)
class Made:
    """A finished frame on the pass's canvas: what it was made from, and what it became."""

    source: Picture
    result: Picture


def marks(made: Mapping[int, Made]) -> dict[int, Mark]:
    """Frame -> what is wrong with its result, for those that look like a fault. By frame number, all of one size."""
    found: dict[int, Mark] = {
        frame: mark for frame in made if (mark := _mark(made[frame].result, made[frame].source)) is not None
    }
    for frame in (frame for frame in sorted(made) if frame not in found and frame - 1 in made):
        now, before = made[frame], made[frame - 1]
        if (now.result == before.result).all() and np.abs(now.source - before.source.astype(np.float32)).mean() > STILL:
            found[frame] = "the same as the frame before"
    return found


def _mark(result: Picture, source: Picture) -> Mark | None:
    if result.max() <= DARKEST < source.max():
        return "black"
    if _deviation(result) < PLAINEST < _deviation(source):
        return "of one colour"
    return None


def _deviation(picture: Picture) -> float:
    """The standard deviation over all numbers of a picture, in levels."""
    return float(cv2.meanStdDev(picture.reshape(-1, 1))[1][0, 0])
