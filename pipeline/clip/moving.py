"""The files of a motion pass that say most about what their vectors mean, beside the plate's pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.read import read_frames
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.clip.vectors import Convention, Vectors, read_vectors, resized, units_of
from pipeline.frames import FrameRange, Picture

LOOKED_AT, COMPARED = 24, 8
"""Files read to find those that move most, and how many of these are compared with the plate."""
MOVES = 0.25
"""Pixels; what moves less says nothing about direction."""
FEWEST = 200
"""Moving pixels in a file that make it worth comparing."""
WIDEST = 640
"""Pixels: wider plates are compared at this width."""

Luma = NDArray[np.float32]
"""float32 [height, width], levels of 255."""
File = tuple[int, Vectors, NDArray[np.bool_]]
"""A file's number, its vectors, and where they are numbers."""


@dataclass(frozen=True)
class Sample:
    """One file's vectors, where they are numbers, and the luma of the plate around every frame it may belong to."""

    number: int
    vectors: Vectors
    known: NDArray[np.bool_]
    plate: dict[int, Luma]

    def pair(self, convention: Convention) -> tuple[int, int]:
        """The frame that the vectors belong to by this meaning, and the one that they lead to or come from."""
        frame = self.number - convention.first
        return frame, frame - 1 if convention.towards == "previous" else frame + 1


def moving_files(rendered: Rendered, firsts: tuple[int, ...]) -> list[File]:
    """The files that move most, of some spread evenly over the shot."""
    last = len(rendered.frames) - 1
    numbers = [
        number for number in rendered.get("motion").files.files if min(firsts) + 1 <= number <= max(firsts) + last - 1
    ]
    spread = [numbers[round(at)] for at in np.linspace(0, len(numbers) - 1, min(LOOKED_AT, len(numbers)))]
    rated: list[tuple[float, File]] = []
    for number in dict.fromkeys(spread):
        read = read_vectors(rendered, number)
        if read is None or not np.any(read[0]):
            continue
        unit = units_of([read[0]])[0]
        moved = np.abs(Convention(1, 1, "previous", 0, unit).pixels(read[0])).max(axis=-1) > MOVES
        if moved.sum() >= FEWEST:
            rated.append((float(moved.mean()), (number, *read)))
    rated.sort(key=lambda each: -each[0])
    return [file for _, file in rated[:COMPARED]]


def sample_of(shot: Shot, file: File, firsts: tuple[int, ...], in_pixels: bool) -> Sample:
    """A file beside the frames of the plate that it may belong to, at most 640 pixels wide.

    in_pixels: the vectors are pixels, which shrink with the picture; shares of its size do not. Raises FootageError.
    """
    number, vectors, known = file
    low = max(number - max(firsts) - 1, 0)
    high = min(number - min(firsts) + 1, shot.frames.last)
    scale = min(WIDEST / shot.width, 1.0)
    size = (round(shot.width * scale), round(shot.height * scale))
    small, small_known = resized(vectors, known, size)
    plate = {frame.number: _luma(frame.pixels, size) for frame in read_frames(shot, FrameRange(low, high))}
    return Sample(number, small * np.float32(scale if in_pixels else 1), small_known, plate)


def _luma(picture: Picture, size: tuple[int, int]) -> Luma:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
