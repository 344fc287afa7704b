"""Resemblance: how far a face's skin and hair are from a character's, in colour and in structure. Needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Mask, Picture
from pipeline.people.finder import MESH_POINTS, FoundFace
from pipeline.people.hair import canvas_of
from pipeline.people.pose import Pose

SIDE = 192
"""Pixels on a side of the upright picture in which a head is looked at."""
REACH = 3.4
"""Half of that side, in sizes of the face: the head with its hair."""
FEATURES = (
    (33, 133, 159, 145, 70, 107),
    (263, 362, 386, 374, 300, 336),
    (61, 291, 0, 17),
)
"""Mesh points round each eye with its brow, and round the lips: not skin."""
EYE_LINE, NOSE_BOTTOM = 168, 2
ASIDE = 1.25
"""How far hair is looked for beside the face, in halves of its width."""
FINE = 2.0
"""Deviation in pixels of the blur that tells structure from shading."""
LEAST = 60
"""Pixels from which a part says something."""

Colour = NDArray[np.float64]
"""float64 [3]: CIE L*a*b* under D65, L* 0..100."""


@dataclass(frozen=True, eq=False)
class Part:
    """Skin or hair of a face. colour: its mean. structure: deviation of the fine L*, in levels of 100."""

    colour: Colour
    structure: float


@dataclass(frozen=True, eq=False)
class Head:
    """What of a head is compared. hair: None where too little of it is seen."""

    skin: Part
    hair: Part | None


@dataclass(frozen=True)
class Resemblance:
    """How far heads are from a character's, lower is better; None where one of the two shows none.

    skin, hair: distance of the mean colours, as CIE76 counts it (about 2 is just seen).
    skin_structure, hair_structure: difference of the deviations of the fine L*, in levels of 100.
    """

    skin: float | None
    hair: float | None
    skin_structure: float | None
    hair_structure: float | None


@dataclass(frozen=True)
class Way:
    """Shares of the way from one person's colours to another's: 1 all of it, 0 none, less than 0 away from them.

    What goes elsewhere in L*a*b* does not count. None where one of the heads does not show the part.
    """

    skin: float | None
    hair: float | None


def head_of(picture: Picture, face: FoundFace, people: Mask, hair: Mask) -> Head | None:
    """Skin and hair of one face of a picture (uint8 RGB [height, width, 3]); None where hardly any skin is seen.

    people: uint8 [height, width], 255 = somebody. hair: what `HairFinder` finds of this face; a high forehead is
    skin. The head is turned upright and brought to one size first, so that structure compares.
    """
    pose = Pose.of(face.points)
    move = _move(pose)
    from_canvas = _whole(move) @ np.linalg.inv(_whole(canvas_of(pose)))
    upright = cv2.warpAffine(picture, move, (SIDE, SIDE)).astype(np.float32) / 255
    lab = cv2.cvtColor(upright, cv2.COLOR_RGB2LAB).astype(np.float32)
    person = cv2.warpAffine(people, move, (SIDE, SIDE)) > 127
    points = face.points[:MESH_POINTS, :2] @ move[:, :2].T + move[:, 2]
    skin = _part(lab, _skin(points) & person)
    found = cv2.warpAffine(hair, from_canvas[:2], (SIDE, SIDE)) > 127
    return None if skin is None else Head(skin, _part(lab, _hair(points) & person & found))


def character(heads: Sequence[Head]) -> Head | None:
    """The mean head of a character's pictures; None where there are none."""
    if not heads:
        return None
    skin = _mean([head.skin for head in heads])
    hair = [head.hair for head in heads if head.hair is not None]
    return Head(skin, _mean(hair) if hair else None)


def resemblance(heads: Sequence[Head], to: Head) -> Resemblance:
    """How far the mean of some heads is from another head."""
    mean = character(heads)
    if mean is None:
        return Resemblance(None, None, None, None)
    skin, hair = _apart(mean.skin, to.skin), _apart(mean.hair, to.hair)
    return Resemblance(skin[0], hair[0], skin[1], hair[1])


def way(change: tuple[Head, Head], people: tuple[Head, Head]) -> Way:
    """How much of the way between two people is in a change of a head, both as (from, to).

    The two people are seen in the same light, and so are the two heads of the change, so that no light is compared.
    """
    (before, after), (one, other) = change, people
    return Way(
        _share(before.skin, after.skin, one.skin, other.skin), _share(before.hair, after.hair, one.hair, other.hair)
    )


def _share(before: Part | None, after: Part | None, one: Part | None, other: Part | None) -> float | None:
    if before is None or after is None or one is None or other is None:
        return None
    wanted = other.colour - one.colour
    return float((after.colour - before.colour) @ wanted / (wanted @ wanted))


def _move(pose: Pose) -> NDArray[np.float64]:
    """From the picture to the upright one, as cv2.warpAffine takes it."""
    scale = SIDE / 2 / REACH
    inward = np.linalg.inv(pose.axes) * scale
    return np.hstack([inward, SIDE / 2 - inward @ np.array([[pose.x], [pose.y]])])


def _whole(move: NDArray[np.float64]) -> NDArray[np.float64]:
    """An affine map as float64 [3, 3]."""
    return np.vstack([move, [0, 0, 1]])


def _skin(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Forehead, temples, nose and upper cheeks, clear of eyes, brows and lips; beards lie below."""
    mask = _filled(points)
    mask[round(points[NOSE_BOTTOM, 1]) :] = 0
    for feature in FEATURES:
        mask[cv2.dilate(_filled(points[list(feature)]), np.ones((7, 7), np.uint8)) > 0] = 0
    return cv2.erode(mask, np.ones((9, 9), np.uint8)) > 0


def _hair(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where hair is looked for: round the face, above the line of the eyes."""
    face = cv2.dilate(_filled(points), np.ones((9, 9), np.uint8)) > 0
    left, right = points[:, 0].min(), points[:, 0].max()
    middle, reach = (left + right) / 2, ASIDE * (right - left) / 2
    mask = ~face
    mask[max(round(points[EYE_LINE, 1]), 0) :] = False
    mask[:, : max(round(middle - reach), 0)] = False
    mask[:, max(round(middle + reach), 0) :] = False
    return mask


def _filled(points: NDArray[np.float64]) -> NDArray[np.uint8]:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.round().astype(np.int32)), (255,))
    return mask


def _part(lab: NDArray[np.float32], where: NDArray[np.bool_]) -> Part | None:
    inner = cv2.erode(where.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if inner.sum() < LEAST:
        return None
    fine = lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), FINE)
    return Part(lab[inner].mean(0).astype(np.float64), float(fine[inner].std()))


def _mean(parts: Sequence[Part]) -> Part:
    return Part(np.mean([part.colour for part in parts], 0), float(np.mean([part.structure for part in parts])))


def _apart(one: Part | None, other: Part | None) -> tuple[float | None, float | None]:
    if one is None or other is None:
        return None, None
    return float(np.linalg.norm(one.colour - other.colour)), abs(one.structure - other.structure)
