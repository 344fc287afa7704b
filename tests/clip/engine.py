"""A small moving scene with everything an engine knows about it, written as an exporter would.

A textured square slides and speeds up before a textured wall that slides the other way. Plate, motion, depth, normals
and object ids are exact, because all of them come from the same few numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.exr import write_parts
from pipeline.clip.still import encode_png
from pipeline.frames import Picture

WIDTH, HEIGHT, COUNT = 192, 128, 12
WALL, SQUARE = 6.0, 2.0
"""Metres from the camera."""
SIDE = 48
Array = NDArray[Any]


def wall_at(frame: int) -> tuple[float, float]:
    """Where the wall's origin is, in pixels: it moves left and up, ever faster."""
    return -0.6 * frame - 0.12 * frame**2, -0.3 * frame - 0.02 * frame**2


def square_at(frame: int) -> tuple[float, float]:
    """Where the square's corner is, in pixels: it moves right and down."""
    return 20 + 1.5 * frame + 0.25 * frame**2, 24 + 0.8 * frame + 0.05 * frame**2


def texture(seed: int, size: int = 512) -> NDArray[np.float32]:
    """Smooth coloured noise, float32 [size, size, 3] in 40..215."""
    noise = np.random.default_rng(seed).normal(size=(size, size, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.0)
    low, high = soft.min(), soft.max()
    return (40 + 175 * (soft - low) / (high - low)).astype(np.float32)


TEXTURES = texture(1), texture(2)


def sampled(which: int, origin: tuple[float, float]) -> NDArray[np.float32]:
    """A texture whose origin lies at this place of the picture."""
    rows, columns = np.indices((HEIGHT, WIDTH), dtype=np.float32)
    x, y = columns - np.float32(origin[0]) + 128, rows - np.float32(origin[1]) + 128
    return cv2.remap(TEXTURES[which], x, y, cv2.INTER_CUBIC).astype(np.float32)


def inside_square(frame: int) -> NDArray[np.bool_]:
    """Which pixels show the square: those whose middle lies in it."""
    rows, columns = np.indices((HEIGHT, WIDTH))
    x, y = square_at(frame)
    return (columns >= x) & (columns < x + SIDE) & (rows >= y) & (rows < y + SIDE)


def plate(frame: int) -> Picture:
    """The picture of a frame, uint8 RGB."""
    inside = inside_square(frame)[..., None]
    shown = np.where(inside, sampled(1, square_at(frame)), sampled(0, wall_at(frame)))
    return (shown + 0.5).clip(0, 255).astype(np.uint8)


def motion(frame: int, other: int) -> NDArray[np.float32]:
    """The way of what each pixel of `frame` shows, from `other` to `frame`, in pixels: x right, y down."""
    ways = [np.subtract(place(frame), place(other)) for place in (wall_at, square_at)]
    return np.where(inside_square(frame)[..., None], ways[1], ways[0]).astype(np.float32)


def distance(frame: int) -> NDArray[np.float32]:
    """Metres from the camera."""
    return np.where(inside_square(frame), np.float32(SQUARE), np.float32(WALL))


@dataclass(frozen=True)
class Export:
    """How an exporter writes the scene.

    right, down, towards, unit: see Convention. first: the number of frame 0. digits: padding. spoil: changes the
    vectors of a frame before they are written. frames: which frames are written.
    """

    right: int = 1
    down: int = -1
    towards: str = "previous"
    unit: float = 1.0
    first: int = 1
    digits: int = 4
    spoil: Callable[[int, Array], Array] = lambda frame, vectors: vectors
    frames: tuple[int, ...] = tuple(range(COUNT))

    def vectors(self, frame: int) -> Array:
        """R and G as in the file, float32 [h, w, 2]."""
        if self.towards == "previous":
            way = motion(frame, frame - 1) if frame else np.zeros((HEIGHT, WIDTH, 2), np.float32)
        else:
            way = -motion(frame, frame + 1)
        sides = np.array([self.right * WIDTH, self.down * HEIGHT], np.float32) * np.float32(self.unit)
        return self.spoil(frame, way / sides)

    def path(self, folder: Path, kind: str, frame: int, suffix: str = ".exr") -> Path:
        """The name that Recorder would give the file."""
        return folder / f"Shot01_{kind}_{self.first + frame:0{self.digits}d}{suffix}"


def write_plate(folder: Path, first: int = 1, count: int = COUNT) -> Path:
    """The plate as a PNG sequence; returns its first picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in range(count):
        (folder / f"plate_{first + frame:04d}.png").write_bytes(encode_png(plate(frame)))
    return folder / f"plate_{first:04d}.png"


def rgb(planes: Array, dtype: type[np.floating[Any]] = np.float16) -> Mapping[str, Array]:
    """Channels R, G, B (as many as there are) for an EXR file."""
    return {name: planes[..., place].astype(dtype) for place, name in enumerate("RGB"[: planes.shape[2]])}


def write_motion(folder: Path, export: Export = Export()) -> Path:
    """The motion vectors as an EXR sequence of half floats."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in export.frames:
        write_parts(export.path(folder, "MotionVectors", frame), {"": rgb(export.vectors(frame))})
    return folder


def write_depth(folder: Path, export: Export = Export(), spoil: Callable[[Array], Array] = lambda z: z) -> Path:
    """The depth in metres as an EXR sequence with a channel Z."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in export.frames:
        write_parts(export.path(folder, "Depth", frame), {"": {"Z": spoil(distance(frame)).astype(np.float32)}})
    return folder


def write_ids(folder: Path, export: Export = Export()) -> Path:
    """Object ids as an EXR sequence: 1 the wall, 7 the square."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in export.frames:
        ids = np.where(inside_square(frame), 7, 1).astype(np.float16)
        write_parts(export.path(folder, "ObjectId", frame), {"": {"R": ids}})
    return folder
