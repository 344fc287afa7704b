"""Pictures cut and brought to a few sizes of equal area, so that a batch has one size and nothing is squeezed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.frames import Box
from training.characters.dataset import Item

GRAIN = 64
"""Sides are multiples of this: eight latents, which every UNet of the family can halve three times."""
RATIOS = (0.5, 2.0)
"""The narrowest and the widest picture; what goes beyond is cut."""

Size = tuple[int, int]
"""Width and height."""


def buckets(resolution: int) -> list[Size]:
    """The sizes that pictures may have, each of about `resolution` squared pixels, never more."""
    area, sizes = resolution**2, set[Size]()
    for width in range(GRAIN, 2 * resolution + 1, GRAIN):
        height = area // width // GRAIN * GRAIN
        if height >= GRAIN and RATIOS[0] <= width / height <= RATIOS[1]:
            sizes |= {(width, height), (height, width)}
    return sorted(sizes)


def bucket_of(width: int, height: int, sizes: Sequence[Size]) -> Size:
    """The size whose ratio is nearest; of equal ones the largest."""
    return min(sizes, key=lambda size: (abs(math.log(width * size[1] / height / size[0])), -size[0] * size[1]))


def cut(folder: Path, item: Item, size: Size) -> NDArray[np.uint8]:
    """The item's crop at a size, uint8 [h, w, 3]: filled, what is over is cut evenly from both sides."""
    with Image.open(folder / item.file) as picture:
        return np.asarray(_filled(picture.convert("RGB"), item, size), np.uint8)


def cut_mask(folder: Path, item: Item, size: Size) -> NDArray[np.uint8]:
    """The item's matte, cut as its picture, uint8 [h, w]; all of it where there is none."""
    if item.mask is None:
        return np.full((size[1], size[0]), 255, np.uint8)
    with Image.open(folder / item.mask) as mask:
        return np.asarray(_filled(mask.convert("L"), item, size), np.uint8)


def cut_face(item: Item, size: Size) -> Box | None:
    """Where the item's face lies in its cut picture; None where there is none."""
    if item.face is None:
        return None
    left, top, scale = _place(item, size)
    x, y, width, height = item.face
    return Box(round((x - left) / scale), round((y - top) / scale), round(width / scale), round(height / scale))


def _filled(picture: Image.Image, item: Item, size: Size) -> Image.Image:
    left, top, scale = _place(item, size)
    box = (left, top, left + size[0] * scale, top + size[1] * scale)
    return picture.resize(size, Image.Resampling.LANCZOS, box=box)


def _place(item: Item, size: Size) -> tuple[float, float, float]:
    """Left and top of what is cut out of the picture, and how many of its pixels become one."""
    x, y, width, height = item.crop
    scale = min(width / size[0], height / size[1])
    return x + (width - size[0] * scale) / 2, y + (height - size[1] * scale) / 2, scale
