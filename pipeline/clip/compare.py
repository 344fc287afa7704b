"""A movie that shows the plate and the render side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.clip.encoder import Delivery, Pipe, encoding
from pipeline.clip.fit import fitted_to, same_shape
from pipeline.clip.shot import Shot
from pipeline.clip.sound import soundtrack
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Picture

CRF, PRESET = 16, "superfast"
"""x264 quality of the comparison: hard to tell from the delivery. This preset is as good as the slower ones at the same
figure, in a third of their time and 1.7 times the room (docs/speed.md)."""

DIVIDER = 2
"""Width in pixels of the white line between the halves."""

RENDER_AGAIN = "Render the shot again."

LABEL_SHARE = 24
"""The labels are a 24th of the picture's height, at least 10 pixels."""


class Comparison:
    """A side-by-side movie that is being written, from `comparing`."""

    def __init__(self, path: Path, movie: Pipe) -> None:
        self._path, self._movie = path, movie
        self._labels: tuple[Picture, Picture] | None = None

    def show(self, before: Picture, after: Picture) -> None:
        """The next frame of both: uint8 [h, w, 3], full-range display-referred RGB; `after` may be larger.

        Raises OutputError when they have different shapes or the movie cannot be written.
        """
        height, width = before.shape[:2]
        if not same_shape((width, height), (after.shape[1], after.shape[0])):
            raise OutputError(f"{self._path.name} was not written: before and after differ in shape.", RENDER_AGAIN)
        self._labels = self._labels or (label("before", height), label("after", height))
        sides = (before, fitted_to(after, width, height))
        self._movie.take(_joined(*map(labelled, sides, self._labels)))


@contextmanager
def comparing(path: Path, shot: Shot, sound_range: FrameRange | None) -> Iterator[Comparison]:
    """Write a movie of the plate and the render side by side, labelled, at the shot's rate and with its sound.

    For as long as the block shows frames. The movie is 2 w + 2 pixels wide, with a thin divider; an odd height gets one
    black row below, so that every browser plays it. sound_range as in `write_movie`. Raises as `write_movie` does.
    """
    delivery = Delivery(shot.rate, shot.pixel_aspect, CRF, preset=PRESET)
    with encoding(path, delivery, soundtrack(shot, sound_range)) as movie:
        yield Comparison(path, movie)


def _joined(left: Picture, right: Picture) -> Picture:
    height, width = left.shape[:2]
    canvas = np.zeros((height + height % 2, 2 * width + DIVIDER, 3), np.uint8)
    canvas[:height, :width] = left
    canvas[:height, width : width + DIVIDER] = 255
    canvas[:height, width + DIVIDER :] = right
    return canvas


def label(word: str, height: int) -> Picture:
    """The word in white on black, uint8 [h, w, 3], sized for a picture of this height in pixels."""
    size = max(height // LABEL_SHARE, 10)
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(word)
    pad = size // 3
    tag = Image.new("RGB", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad))
    ImageDraw.Draw(tag).text((pad - left, pad - top), word, fill="white", font=font)
    return np.asarray(tag)


def labelled(picture: Picture, tag: Picture) -> Picture:
    """The picture with the label in its lower left corner; where the label is larger than the picture it is cut."""
    marked = picture.copy()
    margin = tag.shape[0] // 4
    corner = marked[max(picture.shape[0] - tag.shape[0] - margin, 0) :, margin:][: tag.shape[0], : tag.shape[1]]
    corner[:] = tag[: corner.shape[0], : corner.shape[1]]
    return marked
