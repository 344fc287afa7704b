"""What a face does, in seven numbers a frame, from the points of its mesh.

The definitions of mouth, smile, blink and brow are ours, chosen on eight moving faces and on stills of 200 people whose
true weights are known. `benchmarks/truth.py` prints how well each curve follows the truth on the sample shots.

There is no gaze up and down (the mesh draws the iris along with the lid: -.38 and -.79) and no mouth to the left or
right (.67 and the wrong way round): they would say more about the mesh than about the actor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measure.upright import upright
from pipeline.people.landmarks import FacePoints

CURVES = ("mouth", "smile", "blink", "brow")
"""The curves that say whether the acting was kept."""
FINER = ("blink left", "blink right", "gaze")
"""A closer look: each eye alone, left and right being the character's own, and where the eyes look."""
NAMES = (*CURVES, *FINER)
"""All curves, in the order of the last axis of every array of signs."""
BLINKS = tuple(NAMES.index(name) for name in ("blink", "blink left", "blink right"))
GAZE = NAMES.index("gaze")
OPEN_ENOUGH = 0.3
"""Blink above which the iris is hidden and there is no gaze."""

INNER_LIPS = ((81, 178), (13, 14), (311, 402))
"""Upper and lower points of the inner lips, from the character's right to the left."""
MOUTH_CORNERS = (61, 291)
CORNERS_AND_EARS = ((61, 234), (291, 454))
"""A corner of the mouth and the cheek before the ear of its side, right and left."""
UPPER_LIDS = ((160, 159, 158), (385, 386, 387))
"""Points of the upper lid of the right and the left eye."""
SHUT_BELOW = 0.12
"""Eye widths by which a shut upper lid lies below the line of the corners: .05 to .11 on the people it was tried on,
whose resting lower lids lie .10 to .14 below."""
EYE_CORNERS = ((33, 133), (362, 263))
"""Of the right and the left eye, from the character's right to the left."""
IRISES = (468, 473)
"""Middle of the right and the left iris."""
INNER_BROWS = (55, 107, 285, 336)
INNER_EYE_CORNERS = (133, 362)

Signs = NDArray[np.float64]
"""float64 [..., 7], NaN where there is no face: mouth opening, smile, openness of the eyes, brow height, openness of
the left and of the right eye, gaze."""


def signs_of(points: FacePoints) -> Signs:
    """The signs of one face: float64 [7]; points float32 [478, 3] in pixels. Turning the head hardly changes them.

    mouth: mean distance of the inner lips.
    smile: width of the mouth, plus twice how far its corners stand above its middle, less how far they are from the
    ears: a smile does all three, while speech, a frown or a shifted jaw does at most two. brow: height of the inner
    brows above the inner corners of the eyes. These three in outer eye distances.
    eye openness: height of the upper lid above where it lies when shut, in eye widths. The lower lid is left out: it
    moves with a squint and a smile more than with a blink.
    gaze: how far the irises lie from the middle between the corners towards the character's left, in eye widths, mean
    of both eyes.
    """
    face = upright(points)
    right, left = eye_openness(face)
    own = (lip_distance(face), smile(face), (left + right) / 2, brow_height(face))
    return np.array([*own, left, right, gaze(face)])


def distance(face: NDArray[np.float64], pair: tuple[int, int]) -> float:
    """How far two points of a face [478, 3] lie apart."""
    return float(np.linalg.norm(face[pair[0]] - face[pair[1]]))


def lip_distance(face: NDArray[np.float64]) -> float:
    """Mean distance of the inner lips of an upright face."""
    return float(np.mean([distance(face, pair) for pair in INNER_LIPS]))


def smile(face: NDArray[np.float64]) -> float:
    """Width of the mouth, lift of its corners and their pull towards the ears, of an upright face."""
    middle = face[list(INNER_LIPS[1]), 1].mean()
    lift = float(middle - face[list(MOUTH_CORNERS), 1].mean())
    away = sum(distance(face, pair) for pair in CORNERS_AND_EARS)
    return distance(face, MOUTH_CORNERS) + 2 * lift - away


def eye_openness(face: NDArray[np.float64]) -> tuple[float, float]:
    """How far the right and the left upper lid of an upright face are from shut, in eye widths."""
    right, left = (
        float(face[list(corners), 1].mean() - face[list(lid), 1].mean()) / distance(face, corners) + SHUT_BELOW
        for lid, corners in zip(UPPER_LIDS, EYE_CORNERS, strict=True)
    )
    return right, left


def gaze(face: NDArray[np.float64]) -> float:
    """Where the eyes of an upright face look, from -0.5 (the character's right) to 0.5, mean of both."""
    return float(np.mean([_iris_place(face, *eye) for eye in zip(IRISES, EYE_CORNERS, strict=True)]))


def _iris_place(face: NDArray[np.float64], iris: int, corners: tuple[int, int]) -> float:
    right, left = face[corners[0], :2], face[corners[1], :2]
    across = left - right
    return float((face[iris, :2] - (left + right) / 2) @ across / (across @ across))


def brow_height(face: NDArray[np.float64]) -> float:
    """Height of the inner brows above the inner corners of the eyes, of an upright face."""
    return float(face[list(INNER_EYE_CORNERS), 1].mean() - face[list(INNER_BROWS), 1].mean())


def curves_of(signs: Signs) -> Signs:
    """The curves of one person in one set-up, [frames, 7] in the order of NAMES; signs [frames, 7] without NaN.

    Openness becomes blink, 0 = at rest or wider, 1 = shut. Rest is the median openness, so that eyes wide with surprise
    are not read as the opposite of a blink. While the eyes are shut there is no gaze: NaN.
    """
    curves = signs.copy()
    for index in BLINKS:
        curves[:, index] = np.maximum(0.0, 1.0 - signs[:, index] / np.median(signs[:, index]))
    curves[curves[:, BLINKS[0]] > OPEN_ENOUGH, GAZE] = np.nan
    return curves


@dataclass(frozen=True)
class Source:
    """One way of reading a face: which numbers it gives, and what makes a curve of them.

    names: of the curves, in the order of the last axis of its signs. least: for each name the least amplitude of a
    plate's curve that moves. curves_of: the curves of one person, [frames, names] from signs of that shape without NaN.
    """

    names: tuple[str, ...]
    least: Mapping[str, float]
    curves_of: Callable[[Signs], Signs]


LEAST_AMPLITUDE = {
    "mouth": 0.02,
    "smile": 0.04,
    "blink": 0.1,
    "brow": 0.01,
    "blink left": 0.1,
    "blink right": 0.1,
    "gaze": 0.03,
}
"""A plate's curve that moves less does not move: eye distances, parts of an open eye for the blinks, eye widths."""
MESH = Source(NAMES, LEAST_AMPLITUDE, curves_of)
"""The curves that are always there."""
