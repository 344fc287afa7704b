"""Looking at one picture: its faces and how they are turned, its sharpness, its bars, and what it is known again by."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Mask, Picture
from pipeline.measure.expression import NAMES, signs_of
from pipeline.measure.upright import turn_of
from pipeline.people.finder import FoundFace
from pipeline.portraits.facts import FaceFacts, Rectangle

RESTING_PITCH = -7.0
"""Degrees that the mesh gives for a head held straight: the mean over 30 stills captioned as such, of three people."""
LOOKED_AT = 128
"""Pixels on the larger side of what sharpness is measured on, so that large and small pictures compare."""
HASH_SIDE = 8
ALIKE = 5
"""Bits of 64 by which the fingerprints of two versions of one picture differ at the most."""
BAR = 16
"""Luma levels up to which a row or column belongs to a black bar. Video black is 16."""
LEAST_BAR = 0.03
"""Part of the side from which a dark rim is a bar."""
CROP_IN_FACES = 6.0
"""The crop is at most this many face heights high: beyond that a face is too few pixels to learn from."""


def face_facts(picture: Picture, face: FoundFace) -> FaceFacts:
    """What a face of a picture (uint8 RGB [height, width, 3]) does and how it is turned."""
    signs = dict(zip(NAMES, signs_of(face.points).tolist(), strict=True))
    forward = turn_of(face.points) @ np.array([0.0, 0.0, -1.0])
    box = face.box.clipped(picture.shape[1], picture.shape[0])
    return FaceFacts(
        box=(box.x, box.y, box.width, box.height),
        yaw=round(math.degrees(math.atan2(forward[0], -forward[2])), 1),
        pitch=round(math.degrees(math.asin(np.clip(forward[1], -1, 1))) - RESTING_PITCH, 1),
        roll=round(face.angle, 1),
        mouth=round(signs["mouth"], 3),
        smile=round(signs["smile"], 3),
        eyes=round(signs["blink"], 3),
        gaze=round(signs["gaze"], 3),
        light=round(_light(picture, face), 3),
    )


def sharpness(picture: Picture) -> float:
    """Variance of the Laplacian in hundredths of the variance of the luma, so that dark pictures compare with bright
    ones; larger sides than 128 pixels are brought to that.

    Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
    """
    luma = _luma(picture)
    scale = min(1.0, LOOKED_AT / max(luma.shape))
    small = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return round(100 * float(cv2.Laplacian(small, cv2.CV_64F).var()) / max(float(small.var()), 1.0), 1)


def brightness(picture: Picture) -> float:
    """Mean luma, 0..255."""
    return round(float(_luma(picture).mean()), 1)


def fingerprint(picture: Picture) -> str:
    """64 bits in hexadecimal that say where the picture gets brighter to the right: alike for versions of one picture.

    "dHash", Krawetz 2013, https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
    """
    small = cv2.resize(_luma(picture), (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def apart(one: str, other: str) -> int:
    """Bits by which two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def without_bars(picture: Picture) -> Rectangle:
    """The part of a picture between black bars above and below, or left and right; all of it where there are none."""
    luma = _luma(picture)
    top, bottom = _rims(np.percentile(luma, 98, axis=1) <= BAR)
    left, right = _rims(np.percentile(luma, 98, axis=0) <= BAR)
    return left, top, luma.shape[1] - left - right, luma.shape[0] - top - bottom


def crop_around(face: Rectangle | None, inner: Rectangle) -> Rectangle:
    """The part worth learning: `inner` whole where the face is large enough in it, else six face heights around it.

    The shape of `inner` is kept. The face lies in the middle, a third from the top, as far as the picture allows.
    """
    x, y, width, height = inner
    if face is None or face[3] * CROP_IN_FACES >= height:
        return inner
    scale = face[3] * CROP_IN_FACES / height
    wide, high = round(width * scale), round(height * scale)
    left = face[0] + face[2] / 2 - wide / 2
    top = face[1] + face[3] / 2 - high / 3
    return (
        round(min(max(left, x), x + width - wide)),
        round(min(max(top, y), y + height - high)),
        wide,
        high,
    )


def face_part(picture: Picture, face: FaceFacts | None) -> Picture:
    """The face of a picture, or all of it."""
    return picture if face is None else Box(*face.box).cut(picture)


def person_share(matte: Mask) -> float:
    """How much of a picture is person, 0..1."""
    return round(float((matte > 127).mean()), 3)


def _light(picture: Picture, face: FoundFace) -> float:
    """(left - right) / (left + right) of the mean luma in the halves of the face's hull."""
    luma = _luma(picture).astype(np.float64)
    left, right = (_mean_inside(luma, _half(face, side)) for side in (-1, 1))
    return (left - right) / max(left + right, 1.0)


def _half(face: FoundFace, side: int) -> NDArray[np.int32]:
    """The hull of the mesh points on one side of the line from forehead to chin."""
    points = face.points[:468, :2]
    forehead, chin = points[10], points[152]
    across = (points - forehead) @ np.array([chin[1] - forehead[1], forehead[0] - chin[0]])
    return cv2.convexHull(points[across * side >= 0].astype(np.int32)).astype(np.int32)


def _mean_inside(luma: NDArray[np.float64], hull: NDArray[np.int32]) -> float:
    mask = np.zeros(luma.shape, np.uint8)
    cv2.fillConvexPoly(mask, hull, (1,))
    return float(luma[mask > 0].mean()) if mask.any() else 0.0


def _rims(dark: NDArray[np.bool_]) -> tuple[int, int]:
    """How many entries at the beginning and at the end are dark; 0 where that is no bar, or everything is dark."""
    if dark.all():
        return 0, 0
    ends = int(np.argmin(dark)), int(np.argmin(dark[::-1]))
    first, last = (end if end >= LEAST_BAR * len(dark) else 0 for end in ends)
    return first, last


def _luma(picture: Picture) -> Mask:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8)
