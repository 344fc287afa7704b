"""Arithmetic on boxes around faces, and the crop in which a face is looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.frames import Box, Picture

OVERLAP_SHRINK = 0.85
"""batch-face-swap shrinks both boxes to this share about their centres before it calls them overlapping."""


def overlaps(one: Box, other: Box) -> bool:
    """Whether two boxes still meet after both are shrunk to 85 % about their centres."""
    width = (one.width + other.width) / 2 * OVERLAP_SHRINK
    height = (one.height + other.height) / 2 * OVERLAP_SHRINK
    across = abs(one.x + one.width / 2 - other.x - other.width / 2)
    down = abs(one.y + one.height / 2 - other.y - other.height / 2)
    return across < width and down < height


def shared_area(one: Box, other: Box) -> int:
    """Pixels that lie in both boxes."""
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(width, 0) * max(height, 0)


def between(before: Sequence[Box], after: Sequence[Box], share: float) -> list[Box] | None:
    """Where the boxes of two pictures lie in one between them, `share` (0..1) of the way from the first to the second.

    Each is paired with the one that it overlaps most. None when they do not pair up.
    """
    left, found = list(after), list[Box]()
    for one in before:
        other = max(left, key=lambda box: shared_area(one, box), default=one)
        if other not in left or not overlaps(one, other):
            return None
        left.remove(other)
        sides = zip((one.x, one.y, one.width, one.height), (other.x, other.y, other.width, other.height), strict=True)
        found.append(Box(*(round(start + share * (end - start)) for start, end in sides)))
    return None if left else found


def tiles(width: int, height: int) -> Iterator[Box]:
    """Square tiles half as wide as the picture's long side, overlapping by half; together they cover the picture."""
    side = (max(width, height) + 1) // 2
    for y in steps(height, side):
        for x in steps(width, side):
            yield Box(x, y, side, side).clipped(width, height)


def steps(length: int, side: int) -> list[int]:
    """Where tiles of this side begin along a length: every half side, the last one flush with the end."""
    last = max(length - side, 0)
    return sorted({*range(0, last + 1, max(side // 2, 1)), last})


def surround(picture: Picture, place: Box) -> tuple[Picture, int, int]:
    """The surround of a face on black, and where its left and top edges lie in the picture, in pixels.

    The canvas is four widths by two and a half heights of `place`, centred on it; only what lies within one width and
    one height of the centre is copied, as far as the picture (uint8 RGB [height, width, 3]) reaches.
    """
    width, height = 4 * place.width, round(2.5 * place.height)
    centre_x, centre_y = place.x + place.width // 2, place.y + place.height // 2
    left, top = centre_x - width // 2, centre_y - height // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    near = Box(centre_x - place.width, centre_y - place.height, 2 * place.width, 2 * place.height)
    seen = near.clipped(picture.shape[1], picture.shape[0])
    Box(seen.x - left, seen.y - top, seen.width, seen.height).cut(canvas)[:] = seen.cut(picture)
    return canvas, left, top
