"""Clips whose truth is known, for the filters."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.filters.stream import Moment, Scene, Stream
from pipeline.frames import FloatPicture, Mask

SIZE = (180, 320)
"""Height and width."""


def texture(seed: int = 1, size: tuple[int, int] = SIZE, soft: float = 2.0) -> FloatPicture:
    """A still with structure at several sizes, between 0.15 and 0.85."""
    noise = np.random.default_rng(seed).standard_normal((*size, 3)).astype(np.float32)
    picture = np.sum([cv2.GaussianBlur(noise, (0, 0), soft * 2**k) * 2**k for k in range(4)], axis=0)
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    return (0.15 + 0.7 * picture).astype(np.float32)


def panned(count: int, speed: float = 1.5) -> list[FloatPicture]:
    """A still that slides to the left by `speed` pixels a frame, with a square that goes the other way."""
    wide = texture(size=(SIZE[0], SIZE[1] + 200))
    patch = texture(9, (40, 40), 1.0)
    pictures = []
    for number in range(count):
        move = np.array([[1, 0, -speed * number], [0, 1, 0]], np.float32)
        picture = cv2.warpAffine(wide, move, (SIZE[1], SIZE[0]), flags=cv2.INTER_CUBIC)
        x = 60 + round(2 * number)
        picture[70:110, x : x + 40] = patch
        pictures.append(picture.astype(np.float32))
    return pictures


def stream_of(pictures: Sequence[FloatPicture]) -> Stream:
    return (Moment(number, picture) for number, picture in enumerate(pictures))


def scene_of(pictures: Sequence[FloatPicture], face: Mask | None = None, cuts: Sequence[int] = ()) -> Scene:
    """A scene whose plate is `pictures`, with the same face matte in every frame."""
    return Scene(
        plate=lambda number: (pictures[number].clip(0, 1) * 255).round().astype(np.uint8),
        faces=lambda number: face,
        expression=lambda picture: None,
        cuts=frozenset(cuts),
    )
