"""Clips in which two people cross, leave and come back: heads cut out of the two sample shots, moved over a wall.

The cut-out of a head follows its own box from the scene's truth, so that the place of each head in the clip is known.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.frames import FrameRange, Picture

SAMPLES = Path(__file__).parents[2] / "samples"
WIDTH, HEIGHT = 480, 270
HER, HIM = ("interview", 64), ("stairwell", 0)
"""A shot and the frame from which its head is taken."""
HEAD = 78
"""Height in pixels that a head has in a clip."""


@dataclass(frozen=True)
class Head:
    """Where a head goes. source: shot and first frame. places: x and y of the middle of the head, for every frame.

    rolls: degrees to the left by which it is tilted; widths: parts of its width that are left, as when it is turned
    away. As it is where they are empty.
    """

    source: tuple[str, int]
    places: Sequence[tuple[float, float]]
    rolls: Sequence[float] = ()
    widths: Sequence[float] = ()

    def pose(self, frame: int) -> tuple[float, float]:
        """Roll and width in a frame."""
        return (self.rolls[frame] if self.rolls else 0.0, self.widths[frame] if self.widths else 1.0)


def straight(start: tuple[float, float], end: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Places along a straight line."""
    return [(float(x), float(y)) for x, y in np.linspace(start, end, count)]


@functools.cache
def cut_outs(source: tuple[str, int], count: int) -> tuple[tuple[Picture, np.ndarray], ...]:
    """Heads with their mattes (float32 in 0..1), both of one size, the middle of the head in the middle."""
    name, first = source
    boxes = json.loads((SAMPLES / name / "truth.json").read_text())["face_box"][0]
    made = []
    for frame in read_frames(probe(SAMPLES / name / "plate.mp4"), FrameRange(first, first + count - 1)):
        left, top, right, bottom = boxes[frame.number]
        scale = HEAD / (bottom - top)
        middle = ((left + right) / 2, (top + bottom) / 2)
        size = (round(1.5 * HEAD), round(1.9 * HEAD))
        place = np.array([[scale, 0, size[0] / 2 - scale * middle[0]], [0, scale, size[1] / 2 - scale * middle[1]]])
        head = cv2.warpAffine(frame.pixels, place, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        oval = np.zeros(size[::-1], np.float32)
        cv2.ellipse(oval, (size[0] // 2, size[1] // 2), (size[0] // 2 - 6, size[1] // 2 - 6), 0, 0, 360, (1.0,), -1)
        made.append((head.astype(np.uint8), cv2.GaussianBlur(oval, (9, 9), 2).astype(np.float32)))
    return tuple(made)


def wall() -> np.ndarray:
    """A plain background with a slope of light, float32 [270, 480, 3]."""
    rows, columns = np.indices((HEIGHT, WIDTH), np.float32)
    return np.stack([70 + 40 * columns / WIDTH, 75 + 30 * rows / HEIGHT, 80 + 20 * columns / WIDTH], -1)


def wave(values: Sequence[float], count: int) -> list[float]:
    """Numbers that go evenly from each of `values` to the next."""
    return np.interp(np.linspace(0, len(values) - 1, count), np.arange(len(values)), values).tolist()


def pictures(heads: Sequence[Head], pillar: tuple[int, int] | None = None) -> Iterator[Picture]:
    """The clip, uint8 RGB [270, 480, 3], later heads in front of earlier ones, all behind a pillar from x to x."""
    count = len(heads[0].places)
    for number in range(count):
        picture = wall()
        for head in heads:
            pixels, matte = cut_outs(head.source, count)[number]
            lay(picture, *posed(pixels, matte, *head.pose(number)), head.places[number])
        if pillar is not None:
            picture[:, pillar[0] : pillar[1]] = 60
        yield np.round(picture).astype(np.uint8)


def posed(pixels: Picture, matte: np.ndarray, roll: float, width: float) -> tuple[Picture, np.ndarray]:
    """A cut-out tilted by `roll` degrees to the left and squeezed to a part of its width, about its middle."""
    if (roll, width) == (0.0, 1.0):
        return pixels, matte
    side = max(matte.shape)
    middle = (matte.shape[1] / 2, matte.shape[0] / 2)
    place = cv2.getRotationMatrix2D(middle, roll, 1.0) @ np.array(
        [[width, 0, (1 - width) * middle[0]], [0, 1, 0], [0, 0, 1]]
    )
    place = place.astype(np.float64)
    place[:, 2] += side / 2 - np.array(middle)
    moved = cv2.warpAffine(pixels, place, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.uint8), cv2.warpAffine(matte, place, (side, side)).astype(np.float32)


def lay(picture: np.ndarray, pixels: Picture, matte: np.ndarray, place: tuple[float, float]) -> None:
    """Lay a cut-out over a picture, its middle at `place`, to parts of a pixel; beyond the edge it is cut."""
    corner = (place[0] - pixels.shape[1] / 2, place[1] - pixels.shape[0] / 2)
    shift = np.array([[1, 0, corner[0]], [0, 1, corner[1]]])
    moved = cv2.warpAffine(pixels.astype(np.float32), shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(matte, shift, (WIDTH, HEIGHT))[..., None]
    picture += alpha * (moved - picture)
