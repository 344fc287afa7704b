"""Colours with names that captions use: uint8 sRGB of hair, eyes, cloth, skin, walls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[Any]
"""An array of numbers; the docstring at hand says which."""
Rgb = tuple[int, int, int]

HAIR: dict[str, Rgb] = {
    "black": (24, 20, 19),
    "dark brown": (52, 34, 24),
    "brown": (92, 60, 38),
    "auburn": (112, 52, 30),
    "dark blond": (142, 108, 66),
    "blond": (188, 152, 98),
    "grey": (140, 136, 132),
    "white": (196, 192, 186),
}
EYES: dict[str, Rgb] = {
    "brown": (92, 56, 30),
    "dark brown": (52, 32, 20),
    "hazel": (112, 88, 44),
    "green": (84, 104, 66),
    "blue": (84, 118, 150),
    "grey": (112, 124, 130),
}
CLOTH: dict[str, Rgb] = {
    "blue": (44, 84, 128),
    "navy": (30, 38, 64),
    "red": (150, 38, 40),
    "burgundy": (92, 28, 42),
    "green": (52, 96, 62),
    "olive": (92, 92, 56),
    "grey": (120, 122, 124),
    "charcoal": (52, 54, 58),
    "white": (216, 214, 208),
    "cream": (212, 198, 168),
    "black": (28, 28, 30),
    "mustard": (184, 140, 44),
    "teal": (36, 112, 116),
    "orange": (196, 98, 44),
    "purple": (92, 62, 116),
    "pink": (204, 132, 140),
    "light blue": (138, 172, 200),
    "brown": (104, 74, 52),
}
SKIN: dict[str, tuple[Rgb, Rgb]] = {
    "caucasian": ((222, 174, 150), (186, 136, 108)),
    "asian": ((216, 172, 140), (172, 124, 92)),
    "african": ((152, 104, 76), (76, 48, 36)),
}
"""Lightest and deepest tone for each of the base mesh's macro shapes."""
WALLS: dict[str, Rgb] = {
    "grey": (150, 152, 154),
    "blue-grey": (112, 126, 142),
    "green": (112, 134, 112),
    "sage": (152, 160, 138),
    "terracotta": (172, 108, 82),
    "cream": (206, 194, 168),
    "white": (208, 208, 204),
    "dark blue": (46, 60, 88),
    "dark green": (40, 62, 52),
    "charcoal": (58, 60, 66),
    "mustard": (178, 146, 70),
    "pink": (190, 146, 142),
    "brown": (104, 80, 62),
    "teal": (54, 106, 108),
}


def linear(rgb: ArrayLike) -> Values:
    """uint8 sRGB -> linear light 0..1 (IEC 61966-2-1)."""
    value = np.asarray(rgb, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def pick(rng: np.random.Generator, names: dict[str, Rgb]) -> str:
    """One of the names."""
    return str(rng.choice(list(names)))
