"""What of one frame is hidden in another, told from motion, depth or the pictures; and turning motion round."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""float32 [height, width]."""
Offsets = NDArray[np.float32]
"""float32 [height, width, 2], x then y, in pixels: what is at p here is at p + offsets[p] there."""
Seen = NDArray[np.bool_]

APART = 0.5
"""Pixels: two that land on one place with vectors this different belong to different surfaces."""
NEARER = 0.03
"""Share of a point's depth by which something else must be nearer or farther to be another surface."""
MOST_NEIGHBOURS_LOST = 3
"""A gap with at most this many gaps among its eight neighbours is a crack between stretched pixels, not a shadow."""


def fetched(plane: Plane, offsets: Offsets) -> tuple[Plane, Seen]:
    """What `plane` has at p + offsets[p] for every pixel p, bilinear, and which of these places lie inside it."""
    x, y = _places(offsets)
    taken = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return taken.astype(np.float32, copy=False), _inside(x, y)


def hidden_by_longer(offsets: Offsets) -> Seen:
    """Pixels that land where another lands with a longer vector: what moves more lies mostly in front."""
    height, width = offsets.shape[:2]
    at, length = _landing(offsets), np.hypot(offsets[..., 0], offsets[..., 1])
    longest = np.zeros(height * width, np.float32)
    np.maximum.at(longest, at.ravel(), length.ravel())
    around = cv2.dilate(longest.reshape(height, width), np.ones((3, 3), np.uint8)).ravel()
    return around[at] - length > APART


def hidden_by_depth(offsets: Offsets, here: Plane, there: Plane) -> Seen:
    """Pixels whose place there shows a surface at another depth.

    here, there: distance from the camera in the two frames, any unit that is proportional to metres. A point's own
    depth changes little from frame to frame; it counts as met where one of the four pixels around its place is within
    3 % of it. What is nearer hides it; what is farther means that it is not there.
    """
    height, width = here.shape
    x, y = _places(offsets)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    best = np.full(here.shape, np.inf, np.float32)
    for down in (0, 1):
        for right in (0, 1):
            found = there[np.clip(top + down, 0, height - 1), np.clip(left + right, 0, width - 1)]
            best = np.minimum(best, np.abs(found - here))
    return best > NEARER * here


def hidden_behind(offsets: Offsets, rank: Plane) -> Seen:
    """Pixels that land where a pixel of another surface lands that has a lower rank.

    rank: the distance from the camera, for frames whose counterpart has no depth; or `mismatch`, for plates without.
    """
    height, width = rank.shape
    at = _landing(offsets).ravel()
    order = np.argsort(-rank.ravel(), kind="stable")
    winner = np.empty(height * width, np.intp)
    winner[at[order]] = order
    other = np.abs(offsets.reshape(-1, 2)[winner[at]] - offsets.reshape(-1, 2)).max(axis=1)
    return (other > APART).reshape(height, width)


def mismatch(offsets: Offsets, here: Plane, there: Plane) -> Plane:
    """How unlike each pixel and its place there look: absolute difference of luma, mean over 3 x 3 pixels."""
    return cv2.blur(np.abs(fetched(there, offsets)[0] - here), (3, 3)).astype(np.float32)


def turned_round(offsets: Offsets, seen: Seen) -> tuple[Offsets, Seen]:
    """The motion from there to here: offsets and what of there is to be seen here.

    Every seen pixel leaves its vector, reversed, where it lands; cracks between them are filled from around. What no
    pixel lands on is hidden here, and its vector is 0.
    """
    height, width = seen.shape
    x, y = _places(offsets)
    lands = (seen & _inside(x, y)).ravel()
    miss = ((x - np.rint(x)) ** 2 + (y - np.rint(y)) ** 2).ravel()
    order = np.argsort(-miss[lands], kind="stable")
    at = _landing(offsets).ravel()[lands][order]
    back = np.zeros((height * width, 2), np.float32)
    back[at] = -offsets.reshape(-1, 2)[lands][order]
    met = np.zeros(height * width, bool)
    met[at] = True
    return _filled(back.reshape(height, width, 2), met.reshape(height, width))


def _filled(vectors: Offsets, met: Seen) -> tuple[Offsets, Seen]:
    """Cracks filled with the mean of the vectors around them, where these are of one surface."""
    count, total, squares = (
        cv2.boxFilter(plane, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        for plane in (met.astype(np.float32), vectors, vectors**2)
    )
    mean = total / np.maximum(count, 1)[..., None]
    spread = (squares / np.maximum(count, 1)[..., None] - mean**2).max(axis=-1)
    cracks = ~met & (count >= 8 - MOST_NEIGHBOURS_LOST) & (spread < APART**2)
    return np.where(cracks[..., None], mean, vectors).astype(np.float32), met | cracks


def _places(offsets: Offsets) -> tuple[Plane, Plane]:
    rows, columns = np.indices(offsets.shape[:2], dtype=np.float32)
    return columns + offsets[..., 0], rows + offsets[..., 1]


def _inside(x: Plane, y: Plane) -> Seen:
    height, width = x.shape
    return (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)


def _landing(offsets: Offsets) -> NDArray[np.intp]:
    """Index of the pixel nearest to where each pixel lands, the edge for those that leave the picture."""
    height, width = offsets.shape[:2]
    x, y = _places(offsets)
    columns, rows = np.clip(np.rint(x), 0, width - 1), np.clip(np.rint(y), 0, height - 1)
    return (rows * width + columns).astype(np.intp)
