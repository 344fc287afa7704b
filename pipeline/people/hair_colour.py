"""Hair told by its colour, where no file of weights says it.

MediaPipe's own silhouette says where the person is, and GrabCut (Rother, Kolmogorov and Blake 2004) tells hair from
skin and clothes. Hair begins above the face where the person is not of the colour of the skin; face and throat are not
hair. So a hat is taken for hair, and dark clothes that touch dark hair may be taken along. A bald head has none.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Mask, Picture
from pipeline.people.finder import CHIN, UPPER_LIP

SIDE = 192
"""Pixels on a side of the upright picture of a head."""
REACH = 4.2
"""Half of that side, in sizes of the face."""
SCALE = SIDE / 2 / REACH
"""Pixels of a size of the face."""
BROW, NOSE, JAW = 9, 1, (172, 397)
"""Mesh points between the brows, at the tip of the nose, and at the angles of the jaw."""
SOMEBODY, NOBODY, SURELY = 0.5, 0.4, 0.6
"""Confidence of the silhouette above which a pixel may be hair, below which it is nobody's; surely somebody's."""
UNLIKE_SKIN = 6.0
"""Squared distance from the colour of the skin, in its own deviations, from which a pixel above the face is hair."""
FRINGE = 0.5
"""Share of the forehead that is not of the colour of the skin, from which hair lies over it."""
LIGHTER = 3.0
"""How many times further a pixel may be off when it is brighter than the skin: foreheads shine."""
LEAST = 30
"""Pixels of such a start, of a picture of SIDE, below which a head has no hair."""
ROUNDS = 4
"""Times that GrabCut is repeated."""
SEED = 1
"""OpenCV's random numbers begin here for every picture, so that it gives the same hair whatever came before."""


def by_colour(upright: Picture, marks: NDArray[np.float64], somebody: NDArray[np.float32]) -> Mask:
    """The hair of an upright head, uint8 [SIDE, SIDE], 255 = hair.

    marks: the mesh points [468, 2] in its pixels. somebody: the silhouette's confidence, float32 [SIDE, SIDE].
    """
    face, lab = hull(marks), cv2.cvtColor(upright.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)
    inner = eroded(face, 0.45)
    skin, forehead = inner & above(marks[UPPER_LIP, 1]), eroded(face, 0.15) & above(marks[BROW, 1])
    other = _unlike(lab, skin)
    if other[forehead].mean() < FRINGE:
        other &= _unlike(lab, forehead)
    begin = _start(face, marks, somebody) & other
    if begin.sum() < LEAST:
        return np.zeros((SIDE, SIDE), np.uint8)
    labels = np.full((SIDE, SIDE), cv2.GC_PR_BGD, np.uint8)
    labels[(somebody > SOMEBODY) & ~dilated(face, 0.1) & above(marks[CHIN, 1]) & other] = cv2.GC_PR_FGD
    labels[(face > 0) & above(marks[BROW, 1])] = cv2.GC_PR_BGD
    labels[(somebody < NOBODY) | inner | _throat(face, marks)] = cv2.GC_BGD
    labels[begin] = cv2.GC_FGD
    alone = upright.copy()
    alone[somebody < NOBODY] = np.median(upright[inner], axis=0)
    cv2.setRNGSeed(SEED)
    cv2.grabCut(alone, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)
    hair = np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    return cv2.morphologyEx(hair, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8)


def _start(face: Mask, marks: NDArray[np.float64], somebody: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where hair must be looked for first: a band of the person round the upper face."""
    person = eroded(np.where(somebody > SURELY, 255, 0).astype(np.uint8), 0.12)
    return dilated(face, 1.0) & ~dilated(face, 0.3) & above(marks[BROW, 1]) & person


def _unlike(lab: NDArray[np.floating], skin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels are not of the colour of the skin; one that only shines is."""
    middle = np.median(lab[skin], axis=0)
    spread = np.maximum(np.abs(lab[skin] - middle).mean(axis=0) * 1.25, (4, 2, 2))
    off = (lab - middle) / spread
    off[..., 0] = np.where(off[..., 0] > 0, off[..., 0] / LIGHTER, off[..., 0])
    return np.square(off).sum(axis=2) > UNLIKE_SKIN


def _throat(face: Mask, marks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The lower face with its beard, and the throat below it."""
    lower = eroded(face, 0.1) & ~above(marks[NOSE, 1])
    left, right = (marks[list(JAW)].mean(axis=0) + 0.5 * (marks[at] - marks[list(JAW)].mean(axis=0)) for at in JAW)
    down = np.array([0, 1.6 * SCALE])
    throat = np.zeros_like(face)
    cv2.fillConvexPoly(throat, np.round([left, right, right + down, left + down]).astype(np.int32), (255,))
    return lower | ((throat > 0) & ~above(marks[CHIN, 1] - 0.3 * SCALE))


def hull(marks: NDArray[np.float64]) -> Mask:
    """The convex hull of points of the upright picture, filled."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(marks).astype(np.int32)), (255,))
    return mask


def above(row: float) -> NDArray[np.bool_]:
    """The pixels above a row."""
    return np.broadcast_to(np.arange(SIDE)[:, None] < row, (SIDE, SIDE))


def _disc(sizes: float) -> NDArray[np.uint8]:
    side = 2 * round(sizes * SCALE) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)


def dilated(mask: Mask, sizes: float) -> NDArray[np.bool_]:
    """A mask grown by sizes of the face."""
    return cv2.dilate(mask, _disc(sizes)) > 0


def eroded(mask: Mask, sizes: float) -> NDArray[np.bool_]:
    """A mask shrunk by sizes of the face."""
    return cv2.erode(mask, _disc(sizes)) > 0
