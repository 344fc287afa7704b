"""A movie whose every picture holds the same frame of several clips, one above the other.

Two movies that play beside each other drift apart; in this one that cannot happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.clip.encoder import Delivery, encode
from pipeline.clip.shot import Shot
from pipeline.clip.sound import soundtrack
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Picture

WIDEST = 1280
"""Pixels. Wider pictures are made smaller: a browser must decode two or three of them at once."""
CRF = 16
"""x264's quality: hard to tell from the pictures themselves."""


def tile_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of one picture in the movie: even, and no wider than `WIDEST`."""
    scale = min(WIDEST / width, 1)
    return 2 * max(round(width * scale / 2), 1), 2 * max(round(height * scale / 2), 1)


def write_stacked(path: Path, clips: Sequence[Iterable[Picture]], shot: Shot, frames: FrameRange) -> None:
    """Write the clips, from the top, with the shot's rate and its sound of these frames.

    clips: uint8 [h, w, 3], full-range display-referred RGB; all of one length, one picture for each frame.
    A browser can go to any frame quickly: every twelfth is whole, and none looks ahead. Raises OutputError when the
    clips differ in length or the movie cannot be written.
    """
    tile = tile_size(shot.width, shot.height)
    encode(
        path,
        _stacked(path, clips, tile),
        Delivery(shot.rate, shot.pixel_aspect, CRF, whole=12),
        soundtrack(shot, frames),
    )


def _stacked(path: Path, clips: Sequence[Iterable[Picture]], tile: tuple[int, int]) -> Iterator[Picture]:
    try:
        for pictures in zip(*clips, strict=True):
            yield np.concatenate([_fitted(picture, tile) for picture in pictures])
    except ValueError as error:
        raise OutputError(f"{path.name} was not written: its clips differ in length.", "Render again.") from error


def _fitted(picture: Picture, tile: tuple[int, int]) -> Picture:
    if (picture.shape[1], picture.shape[0]) == tile:
        return picture
    return cv2.resize(picture, tile, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
