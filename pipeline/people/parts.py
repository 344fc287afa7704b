"""Parts of a followed face: where the eyes, the mouth, the cheeks and the forehead lie, and their mattes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Matte
from pipeline.people.outline import Points
from pipeline.people.pose import RIGID
from pipeline.people.seen import Seen, Sightings
from pipeline.people.smooth import averaged
from pipeline.people.tracks import NOT_SEEN, REACH_SECONDS, Run
from pipeline.recipe.regions import Part

PARTS: Mapping[Part, tuple[tuple[int, ...], ...]] = {
    "eyes": (
        (130, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
        (359, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
    ),
    "mouth": ((186, 92, 165, 167, 164, 393, 391, 322, 410, 287, 273, 335, 406, 313, 18, 83, 182, 106, 43, 57),),
    "cheeks": (
        (117, 118, 119, 100, 36, 205, 187, 147, 123, 116),
        (346, 347, 348, 329, 266, 425, 411, 376, 352, 345),
    ),
    "forehead": (
        (10, 338, 297, 332, 284, 251, 334, 296, 336, 9, 107, 66, 105, 63, 70, 21, 54, 103, 67, 109, 293, 300),
    ),
}
"""Part -> its pieces, each the mesh points that its hull is taken over; hair has none."""
RIM = 0.12
"""How far a part's matte reaches beyond its points, in sizes of the face."""
SHIFT = 4
"""Binary places of the corners of a hull."""


def part_matte(part: Part, frame: int, points: Points, plate: tuple[int, int]) -> Matte | None:
    """The matte of a part of a face, from its landmarks [478, 2] in pixels of a plate (width, height)."""
    mask = np.zeros((plate[1], plate[0]), np.uint8)
    for piece in PARTS[part]:
        hull = cv2.convexHull(points[list(piece), :2].astype(np.float32))
        cv2.fillConvexPoly(mask, np.round((hull - 0.5) * 2**SHIFT).astype(np.int32), (255,), shift=SHIFT)
    rim = round(RIM * spread_of(points))
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))).astype(np.uint8)
    return Matte(frame, mask, 0.0, Box(*cv2.boundingRect(mask))) if mask.any() else None


def part_run(run: Run, part: Part, faces: Sightings[Seen], rate: float) -> Run:
    """The run of a face, with the reach of one part of it in place of the face's own. rate: frames a second.

    The part is looked up in every frame that shows the face and averaged as the face's reach is.
    """
    seen = run.frames.first + np.flatnonzero(run.faces != NOT_SEEN)
    every, pieces = np.arange(run.frames.first, run.frames.last + 1), sorted({i for p in PARTS[part] for i in p})
    found = np.array([_reach(run, int(frame), pieces, faces) for frame in seen])
    shares = np.stack([np.interp(every, seen, column) for column in found.T], axis=1)
    return replace(run, reaches=averaged(shares, round(REACH_SECONDS * rate)) * run.poses[:, 2:3])


def spread_of(points: NDArray[np.floating]) -> float:
    """The size of a face as it lies in the picture, from its landmarks, in pixels."""
    rigid = points[list(RIGID), :2]
    return float(np.sqrt(((rigid - rigid.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _reach(run: Run, frame: int, pieces: list[int], faces: Sightings[Seen]) -> tuple[float, float, float, float]:
    """Left, right, up and down of a part from the origin of the face, with its rim, in sizes of the face."""
    points = faces.at(frame)[run.face(frame)].points[pieces, :2]
    own = run.pose(frame).inward(points)
    low, high = own.min(axis=0) - RIM, own.max(axis=0) + RIM
    return -low[0], high[0], -low[1], high[1]
