"""Copies of a picture in which the person has other skin, hair and clothes, and everything else is as it was.

A render starts from the plate, whose person has other colours than the character. A LoRA that has only ever seen the
character under noise takes the colours it finds for right; one that was shown recoloured copies corrects them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.frames import Box, Mask, Picture

GAMMA, SATURATION, SHIFT = 0.7, 0.6, 12.0
"""How far colours go: the logarithms of the lightness' exponent and of the chroma's factor, and levels of Cb and Cr."""
SOFT = 0.02
"""Softness of the edges between the parts, in widths of the picture."""
RED, BLUE = 0.299, 0.114
"""Weights in luma, ITU-R BT.601."""


def recoloured(picture: Picture, matte: Mask, face: Box | None, random: np.random.Generator) -> Picture:
    """The picture (uint8 RGB [h, w, 3]) with the person of the matte (uint8 [h, w]) in other colours.

    The face gets colours of its own, the rest of the person others; without a face everything gets the same.
    """
    person = _soft(matte)[..., None]
    inside = _soft(_ellipse(matte.shape[0], matte.shape[1], face))[..., None]
    rest, own = (_shifted(picture, random) for _ in range(2))
    other = inside * own + (1 - inside) * rest
    mixed = person * other + (1 - person) * picture
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


def _ellipse(height: int, width: int, face: Box | None) -> Mask:
    """The face as an ellipse in its box, uint8 [h, w]."""
    if face is None:
        return np.zeros((height, width), np.uint8)
    y, x = np.mgrid[:height, :width]
    across = (x - face.x - face.width / 2) / (face.width / 2)
    down = (y - face.y - face.height / 2) / (face.height / 2)
    return np.where(across**2 + down**2 < 1, 255, 0).astype(np.uint8)


def _soft(mask: Mask) -> NDArray[np.float32]:
    """The mask with a soft edge, 0..1."""
    blurred = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(SOFT * mask.shape[1]))
    return np.asarray(blurred, np.float32) / 255
