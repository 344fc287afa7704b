"""An engine's motion vectors, read and cleaned; and what their numbers may mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.rendered import Rendered
from pipeline.clip.values import Values
from pipeline.errors import FootageError

Vectors = NDArray[np.float32]
"""float32 [height, width, 2]: R, then G, as the file has them."""

Unit = Literal["size", "half size", "pixels"]
"""What 1 stands for: the picture's width and height, half of them, or a pixel."""

UNITS: dict[Unit, str] = {"size": "the picture's size", "half size": "half the picture's size", "pixels": "a pixel"}
"""What 1 stands for, in words."""
STILL = 0.5
"""What stands for no motion in files that hold only 0..1."""
NEAR_STILL = 0.05
"""How far the median of such a file may lie from that: most of a picture moves little."""
BEYOND = 1.5
"""Vectors are shares of the picture's size; where more than 1 % are longer than this, they are pixels."""


@dataclass(frozen=True)
class Convention:
    """How an exporter writes motion vectors.

    right, down: 1 where a positive R (G) is motion to the right (downwards), else -1. towards: "previous" where frame
    n's file holds the way from n - 1 to n, at the pixels of n; "next" where it holds the way from n to n + 1.
    first: the number in the file name that belongs to frame 0. unit: what 1 stands for.
    """

    right: int
    down: int
    towards: Literal["previous", "next"]
    first: int
    unit: Unit

    @property
    def words(self) -> str:
        """The convention as one line for the artist."""
        sideways, upright = "right" if self.right > 0 else "left", "down" if self.down > 0 else "up"
        way = "from the frame before" if self.towards == "previous" else "to the frame after"
        return (
            f"R > 0 is {sideways}, G > 0 is {upright}, {way}, number {self.first} is frame 0, 1 is {UNITS[self.unit]}"
        )

    def pixels(self, vectors: Vectors) -> Vectors:
        """The motion along `towards` in plate pixels, x to the right and y downwards, of vectors as in the file."""
        height, width = vectors.shape[:2]
        by_unit = {"size": (width, height), "half size": (width / 2, height / 2), "pixels": (1, 1)}
        across, along = by_unit[self.unit]
        return vectors * np.array([self.right * across, self.down * along], np.float32)


def meanings(first: int, units: tuple[Unit, ...]) -> list[Convention]:
    """Every meaning with this number as frame 0, the most usual first: from the frame before, G upwards."""
    every = product(units, ("previous", "next"), (1, -1), (-1, 1))
    return [Convention(right, down, towards, first, unit) for unit, towards, right, down in every]


def shifts(meaning: Convention, firsts: tuple[int, ...]) -> list[Convention]:
    """A meaning's signs and unit with every number as frame 0, both ways in time."""
    every = product(firsts, ("previous", "next"))
    return [replace(meaning, first=first, towards=towards) for first, towards in every]


def read_vectors(rendered: Rendered, number: int) -> tuple[Vectors, NDArray[np.bool_]] | None:
    """The vectors in the file of this number, at the plate's size, and which of them are numbers at all.

    Files that hold 0..1 with 0.5 for no motion are unpacked to -1..1. Not-a-number, infinity and vectors longer than
    the picture become 0 and False. None where there is no file of this number, or not a tenth of it is numbers.
    Raises FootageError for a file of 8 bits, which cannot hold vectors, or one that cannot be read.
    """
    found = rendered.get("motion")
    if number not in found.files.files:
        return None
    values = rendered.values(found, number - rendered.first)
    if values is None:
        return None
    raw = _unpacked(values, found.files.files[number].name)
    known = np.isfinite(raw).all(axis=-1)
    if known.mean() < 0.1:
        return None
    raw = np.where(known[..., None], raw, np.float32(0))
    return resized(raw, known, (rendered.width, rendered.height))


def resized(vectors: Vectors, known: NDArray[np.bool_], size: tuple[int, int]) -> tuple[Vectors, NDArray[np.bool_]]:
    """Vectors and their validity at another size (width, height); neighbours are not mixed, numbers not changed."""
    if (vectors.shape[1], vectors.shape[0]) == size:
        return vectors, known
    near = cv2.resize(vectors, size, interpolation=cv2.INTER_NEAREST).astype(np.float32, copy=False)
    return near, cv2.resize(known.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _unpacked(values: Values, name: str) -> Vectors:
    if values.pixels.shape[2] < 2:
        raise FootageError(f"{name} has one channel; motion needs two.", "Export motion vectors as EXR.")
    if values.pixels.dtype == np.uint8:
        raise FootageError(
            f"{name} has 8 bits, too few for motion vectors.", "Export motion vectors as half-float EXR."
        )
    raw = values.scaled[..., :2]
    packed = values.pixels.dtype == np.uint16 or _looks_packed(raw)
    return (2 * raw - 1) if packed else raw


def _looks_packed(raw: Vectors) -> bool:
    finite = raw[np.isfinite(raw)]
    if not finite.size or finite.min() < 0 or finite.max() > 1:
        return False
    return bool(abs(float(np.median(finite)) - STILL) < NEAR_STILL)


def units_of(samples: list[Vectors]) -> tuple[Unit, ...]:
    """Which units these vectors, as in the files, can be in."""
    lengths = np.concatenate([np.abs(vectors).max(axis=-1).ravel() for vectors in samples])
    return ("pixels",) if (lengths > BEYOND).mean() > 0.01 else ("size", "half size")
