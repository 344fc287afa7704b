"""Views: what the networks are shown of a pair. The whole picture both ways round, and two face crops."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE = 256
VIEWS = 4
SMALLEST_CROP = 96
"""A crop is enlarged to `SIDE`; below this many pixels it would teach the networks to blur."""
FACE_SURROUND = (1.2, 1.9)
"""Side of a face crop against the longer side of the face: a face pass sees a surround of 32 plate pixels."""


@dataclass(frozen=True)
class View:
    """One square cut of a pair, shown at 256x256. `missing` names the controls in which nothing was found."""

    x: int
    y: int
    side: int
    mirrored: bool
    missing: tuple[str, ...] = ()

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The view of a uint8 picture [256, 256, 3], as uint8 [256, 256, 3]."""
        import cv2

        cut = picture[self.y : self.y + self.side, self.x : self.x + self.side]
        seen = cut if self.side == SIDE else cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        return np.ascontiguousarray(seen[:, ::-1] if self.mirrored else seen).astype(np.uint8)


def views_of(row: int, face_lines: NDArray[np.uint8]) -> list[View]:
    """The `VIEWS` views of pair `row`: whole, whole mirrored, a face crop, a mirrored face crop.

    face_lines: the drawn face of the whole picture, uint8 [256, 256, 3]; where it is black the crops fall anywhere.
    """
    rng = np.random.default_rng((7, row))
    whole = [View(0, 0, SIDE, mirrored) for mirrored in (False, True)]
    return whole + [face_crop(face_lines, mirrored, rng) for mirrored in (False, True)]


def face_crop(face_lines: NDArray[np.uint8], mirrored: bool, rng: np.random.Generator) -> View:
    """A random square around the drawn face, kept inside the picture."""
    rows, columns = np.nonzero(face_lines.any(axis=2))
    if len(rows) == 0:
        side = int(rng.integers(SMALLEST_CROP, SIDE))
        x, y = (int(v) for v in rng.integers(0, SIDE - side, 2))
        return View(x, y, side, mirrored)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    side = int(np.clip(max(height, width) * rng.uniform(*FACE_SURROUND), SMALLEST_CROP, SIDE))
    shift = rng.uniform(-0.08, 0.08, 2) * side
    centre = np.array([columns.min() + width / 2, rows.min() + height / 2]) + shift
    x, y = (int(v) for v in np.clip(centre - side / 2, 0, SIDE - side))
    return View(x, y, side, mirrored)


def write_views(file: Path, views: list[View]) -> None:
    """Add one pair's views as one line of JSON."""
    with file.open("a") as lines:
        lines.write(json.dumps([asdict(view) for view in views]) + "\n")


def read_views(file: Path) -> list[list[View]]:
    """The views of every pair whose hints are done, in the order of the pairs."""
    if not file.exists():
        return []
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [[View(**{**view, "missing": tuple(view["missing"])}) for view in line] for line in lines]
