"""Frames that look like a fault of the machine and not like a picture: black, of one colour, or twice the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from pipeline.frames import Picture

Mark = Literal["black", "of one colour", "the same as the frame before"]

DARKEST = 8
"""Levels of 255. A result with nothing brighter is black, if its source is not."""
PLAINEST = 1.0
"""Levels of 255. A result that varies less, as a standard deviation, is of one colour, if its source varies more."""
STILL = 2.0
"""Levels of 255. Sources that differ less on average may well give one and the same result."""


def marks(results: Mapping[int, Picture], sources: Mapping[int, Picture]) -> dict[int, Mark]:
    """Frame -> what is wrong with its result, for those that look like a fault. Both by frame number, of one size."""
    found: dict[int, Mark] = {}
    for frame in sorted(results):
        mark = _mark(results[frame], sources[frame])
        if mark is None and frame - 1 in results and (results[frame] == results[frame - 1]).all():
            change = np.abs(sources[frame].astype(np.float32) - sources[frame - 1]).mean()
            mark = "the same as the frame before" if change > STILL else None
        if mark is not None:
            found[frame] = mark
    return found


def _mark(result: Picture, source: Picture) -> Mark | None:
    if result.max() <= DARKEST < source.max():
        return "black"
    if result.std() < PLAINEST < source.std():
        return "of one colour"
    return None
