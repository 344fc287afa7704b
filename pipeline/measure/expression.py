"""What a face does, in four numbers a frame, from the points of its mesh.

The definitions of mouth, smile and brow are ours. Over the whole sample shots the curves follow the true weights that
moved the faces with these correlations (interview, stairwell): mouth opening .98 and .98 with jawOpen; smile .91 and
.77 with mouthSmile (the man's never passes .14); blink .95 and .97 with eyeBlink; brow .89 and .94 with browInnerUp
less browDown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.measure.upright import upright
from pipeline.people.landmarks import FacePoints

CURVES = ("mouth", "smile", "blink", "brow")
"""The curves, in the order of the last axis of every array of signs."""
BLINK = CURVES.index("blink")

INNER_LIPS = ((81, 178), (13, 14), (311, 402))
"""Upper and lower points of the inner lips, from the character's right to the left."""
MOUTH_CORNERS = (61, 291)
LID_PAIRS = (((160, 144), (159, 145), (158, 153)), ((385, 380), (386, 374), (387, 373)))
"""Upper and lower points of the lids of the right and the left eye."""
EYE_CORNERS = ((33, 133), (362, 263))
INNER_BROWS = (55, 107, 285, 336)
INNER_EYE_CORNERS = (133, 362)

Signs = NDArray[np.float64]
"""float64 [..., 4]: mouth opening, smile, eye openness and brow height of a face, NaN where there is none."""


def signs_of(points: FacePoints) -> Signs:
    """The signs of one face: float64 [4]; points float32 [478, 3] in pixels. Turning the head hardly changes them.

    mouth: mean distance of the inner lips; smile: width of the mouth plus how far its corners stand above its middle;
    brow: height of the inner brows above the inner corners of the eyes: these three in outer eye distances.
    eye openness: height of the eye over its width, mean of both eyes (Soukupova and Cech 2016, "Real-time eye blink
    detection using facial landmarks"), here over three pairs of lid points.
    """
    face = upright(points)
    return np.array([lip_distance(face), smile(face), eye_openness(face), brow_height(face)])


def distance(face: NDArray[np.float64], pair: tuple[int, int]) -> float:
    """How far two points of a face [478, 3] lie apart."""
    return float(np.linalg.norm(face[pair[0]] - face[pair[1]]))


def lip_distance(face: NDArray[np.float64]) -> float:
    """Mean distance of the inner lips of an upright face."""
    return float(np.mean([distance(face, pair) for pair in INNER_LIPS]))


def smile(face: NDArray[np.float64]) -> float:
    """Width of the mouth plus the lift of its corners, of an upright face."""
    middle = face[list(INNER_LIPS[1]), 1].mean()
    return distance(face, MOUTH_CORNERS) + float(middle - face[list(MOUTH_CORNERS), 1].mean())


def eye_openness(face: NDArray[np.float64]) -> float:
    """Height of the eyes over their width, mean of both."""
    heights = [np.mean([distance(face, pair) for pair in pairs]) for pairs in LID_PAIRS]
    return float(
        np.mean([height / distance(face, corners) for height, corners in zip(heights, EYE_CORNERS, strict=True)])
    )


def brow_height(face: NDArray[np.float64]) -> float:
    """Height of the inner brows above the inner corners of the eyes, of an upright face."""
    return float(face[list(INNER_EYE_CORNERS), 1].mean() - face[list(INNER_BROWS), 1].mean())


def curves_of(signs: Signs) -> Signs:
    """The curves of one person in one set-up, [frames, 4] in the order of CURVES; signs [frames, 4] without NaN.

    Only the eyes change: openness becomes blink, 0 = at rest or wider, 1 = shut. Rest is the median openness, so that
    eyes wide with surprise are not read as the opposite of a blink.
    """
    curves = signs.copy()
    openness = signs[:, BLINK]
    curves[:, BLINK] = np.maximum(0.0, 1.0 - openness / np.median(openness))
    return curves
