"""Copies of a picture in which the person has other skin and hair, and everything else is as it was.

A render starts from the plate, whose person has other colours than the character. A LoRA that has only ever seen the
character under noise takes the colours it finds for right; one that was shown recoloured copies corrects them. Clothes
stay as they are: they are the largest part of a person, and where they change, too, they are what the LoRA learns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.frames import Box, Mask, Picture

GAMMA, SATURATION, SHIFT = 0.7, 0.6, 12.0
"""How far colours go: the logarithms of the lightness' exponent and of the chroma's factor, and levels of Cb and Cr."""
HEAD_WIDE, HEAD_TALL, HEAD_UP = 1.9, 1.75, 0.12
"""The head with its hair as an ellipse: its sides and how far it lies higher, in sides of the face."""
SOFT, SOFT_ALONE = 0.06, 0.02
"""Softness of the edges between the parts, in widths of the face; without one, of the picture."""
RED, BLUE = 0.299, 0.114
"""Weights in luma, ITU-R BT.601."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Where a person's skin and hair are. face, hair: uint8 [h, w], 255 = there. soft: width of their edges, pixels."""

    face: Mask
    hair: Mask
    soft: float

    @cached_property
    def covers(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How much of each pixel is face and how much is hair, with soft edges: float32 [h, w, 1], 0..1."""
        return _soft(self.face, self.soft), _soft(self.hair, self.soft)


def parts_of(matte: Mask, face: Box | None) -> Parts:
    """Face and hair of the person of a matte (uint8 [h, w]). Without a face the whole person is one part, `hair`."""
    if face is None:
        return Parts(np.zeros_like(matte), matte, SOFT_ALONE * matte.shape[1])
    inside = _ellipse(matte, face, 1, 1, 0)
    head = np.where(inside > 0, 0, _ellipse(matte, face, HEAD_WIDE, HEAD_TALL, HEAD_UP)).astype(np.uint8)
    return Parts(np.minimum(inside, matte), np.minimum(head, matte), max(SOFT * face.width, 1.0))


def recoloured(picture: Picture, parts: Parts, random: np.random.Generator) -> Picture:
    """The picture (uint8 RGB [h, w, 3]) with face and hair each in other colours."""
    both = sum(parts.covers)
    covered, mixed = np.maximum(both, 1), (1 - np.minimum(both, 1)) * picture
    for cover in parts.covers:
        mixed = mixed + cover / covered * _shifted(picture, random)
    return np.clip(mixed.round(), 0, 255).astype(np.uint8)


def _shifted(picture: Picture, random: np.random.Generator) -> NDArray[np.float32]:
    """The whole picture in other colours, float32 0..255: another gamma, another chroma, another hue."""
    gamma, chroma = np.exp(random.uniform(-1, 1, 2) * (GAMMA, SATURATION))
    shift = random.uniform(-SHIFT, SHIFT, 2)
    rgb = picture.astype(np.float32)
    luma = rgb @ np.array([RED, 1 - RED - BLUE, BLUE], np.float32)
    brighter = 255 * (luma / 255) ** np.float32(gamma)
    level = np.sqrt(brighter / 255)
    cb = chroma * (rgb[..., 2] - luma) * 0.5 / (1 - BLUE) + shift[0] * level
    cr = chroma * (rgb[..., 0] - luma) * 0.5 / (1 - RED) + shift[1] * level
    red, blue = brighter + 2 * (1 - RED) * cr, brighter + 2 * (1 - BLUE) * cb
    green = (brighter - RED * red - BLUE * blue) / (1 - RED - BLUE)
    return np.stack([red, green, blue], -1).astype(np.float32)


def _ellipse(matte: Mask, face: Box, wide: float, tall: float, up: float) -> Mask:
    """An ellipse round the face's box: `wide` and `tall` times its sides, `up` of its height above its middle."""
    y, x = np.mgrid[: matte.shape[0], : matte.shape[1]]
    across = (x - face.x - face.width / 2) / (wide * face.width / 2)
    down = (y - face.y - face.height * (0.5 - up)) / (tall * face.height / 2)
    return np.where(across**2 + down**2 < 1, 255, 0).astype(np.uint8)


def _soft(mask: Mask, width: float) -> NDArray[np.float32]:
    """The mask with a soft edge, float32 [h, w, 1], 0..1."""
    blurred = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(width))
    return np.asarray(blurred, np.float32)[..., None] / 255
