"""A movie that shows the plate and the render side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.clip.encoder import Delivery, encode
from pipeline.clip.fit import fitted_to, same_shape
from pipeline.clip.shot import Shot
from pipeline.clip.sound import soundtrack
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Picture

CRF = 16
"""x264 quality of the comparison: hard to tell from the delivery."""

DIVIDER = 2
"""Width in pixels of the white line between the halves."""

RENDER_AGAIN = "Render the shot again."

LABEL_SHARE = 24
"""The labels are a 24th of the picture's height, at least 10 pixels."""


def write_before_after(
    path: Path, before: Iterable[Picture], after: Iterable[Picture], shot: Shot, sound_range: FrameRange | None
) -> None:
    """Write `before` and `after` side by side, labelled, with a thin divider, at the shot's rate and with its sound.

    before, after: uint8 [h, w, 3], full-range display-referred RGB, one for each frame; `after` may be larger. The
    movie is 2 w + 2 pixels wide; an odd height gets one black row below, so that every browser plays it. sound_range as
    in `write_movie`. Raises as `write_movie` does, and OutputError when one side has more frames than the other or
    another shape.
    """
    pairs = _side_by_side(path, before, after)
    encode(path, pairs, Delivery(shot.rate, shot.pixel_aspect, CRF), soundtrack(shot, sound_range))


def _side_by_side(path: Path, before: Iterable[Picture], after: Iterable[Picture]) -> Iterator[Picture]:
    labels: tuple[Picture, Picture] | None = None
    for left, right in zip_longest(before, after):
        if left is None or right is None:
            raise OutputError(f"{path.name} was not written: before and after differ in length.", RENDER_AGAIN)
        if not same_shape((left.shape[1], left.shape[0]), (right.shape[1], right.shape[0])):
            raise OutputError(f"{path.name} was not written: before and after differ in shape.", RENDER_AGAIN)
        right = fitted_to(right, left.shape[1], left.shape[0])
        labels = labels or (label("before", left.shape[0]), label("after", left.shape[0]))
        yield _joined(labelled(left, labels[0]), labelled(right, labels[1]))


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
