"""The images a character wears: skin, eyes, hair, cloth, lashes; uint8 rgba, sRGB, top row first."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import ArrayLike

from training.draft.kit.atlas import SIZE, Atlas, atlas_of, canvas_of
from training.draft.kit.figure import Character, Kind
from training.draft.kit.library import Library
from training.draft.kit.palette import EYES, HAIR, Values
from training.draft.kit.persona import Persona
from training.draft.kit.strokes import brow, hairline, lash_card, strands

LIPSTICKS = ((150, 40, 52), (178, 74, 80), (140, 60, 62), (120, 34, 40))
EYE_SIZE = 512
CAST_KEPT = 4
"""Characters whose images are kept at once."""
EYEBALLS = ((0.707, 0.299), (0.289, 0.707))
"""Middles of the irises on the eyes' texture."""
IRIS, PUPIL, RIM = 0.116, 0.046, 0.006
PATTERNED = ("male_casualsuit01", "male_casualsuit03", "female_elegantsuit01", "male_casualsuit05")


class Wardrobe:
    """Images of any character of a library; what they share is made once. size: texels of the skin, on a side."""

    def __init__(self, library: Library, size: int = SIZE) -> None:
        self.atlas = atlas_of(canvas_of(library, size))
        self._lash = lash_card(library)
        self._strands = strands(np.random.default_rng(3), 1024)
        self._cloths = _cloths(np.random.default_rng(4))
        self._brow = functools.cache(functools.partial(brow, self.atlas.canvas))
        self._hairline = functools.cache(functools.partial(hairline, self.atlas.canvas))
        self.images = functools.lru_cache(CAST_KEPT)(self._images)

    def _images(self, character: Character) -> dict[Kind, Values]:
        """The image of each kind of part; teeth, tongue and cornea have plain white ones."""
        who, white = character.persona, np.full((2, 2, 4), 255, np.uint8)
        return {
            "skin": skin(self.atlas, who, self._brow(who.brow), self._hairline(who.hair)),
            "eyes": eyes(who.eye_colour),
            "hair": self._hair(who.hair_colour),
            "cloth": self._cloths[who.seed % len(self._cloths) if who.clothes in PATTERNED else 0],
            "lash": self._lash,
            "teeth": white,
            "tongue": white,
            "cornea": white,
        }

    def _hair(self, colour: str) -> Values:
        """Alpha holds the strands' height; the looks join it with the fade at open borders."""
        height, tone = self._strands[..., None], np.array(HAIR[colour], np.float32)
        rgb = tone * 0.42 * (1 - height) + np.minimum(tone * 1.5 + 6, 250) * height**1.3
        alpha = np.clip(0.35 + 1.1 * height, 0, 1) * 255
        return np.dstack([np.clip(rgb, 0, 255), alpha]).astype(np.uint8)


class Paint:
    """A picture that is tinted layer by layer: float32 [size, size, 3] in 0..1, sRGB."""

    def __init__(self, size: int, base: ArrayLike) -> None:
        self.rgb = np.ones((size, size, 3), np.float32) * np.asarray(base, np.float32)

    def tint(self, mask: Values, colour: ArrayLike, strength: float) -> None:
        """Lay a colour over where the mask is."""
        alpha = np.clip(mask * strength, 0, 1)[..., None]
        self.rgb += alpha * (np.asarray(colour, np.float32) - self.rgb)


def skin(atlas: Atlas, who: Persona, brows: Values, scalp: Values) -> Values:
    """The skin of a person, uint8 [size, size, 4]."""
    base = np.array(who.skin, np.float32) / 255
    hair, light = np.array(HAIR[who.hair_colour], np.float32) / 255, float(base.mean())
    paint = Paint(atlas.canvas.size, base)
    paint.rgb *= (1 + 0.030 * atlas.coarse)[..., None]
    paint.tint(atlas.red, base * (0.96, 0.70, 0.66), 0.62 if light > 0.5 else 0.35)
    paint.tint(atlas.dark, base * (0.78, 0.68, 0.68), 0.55 + 0.012 * max(0, who.age - 30))
    paint.tint(atlas.freckles, base * (0.72, 0.58, 0.5), 0.7 * who.freckles)
    _lips(paint, atlas, who, base)
    shaved = who.hair == "buzz"
    paint.tint(scalp, hair * 0.5 + base * 0.22 if shaved else hair * 0.62, 0.8 if shaved else 0.6)
    _beard(paint, atlas, who.stubble, base, hair)
    paint.tint(brows, hair * 0.55 + base * 0.06 if light > 0.35 else np.minimum(hair, base * 0.3), 0.95)
    paint.tint(atlas.liner, base * 0.28 + 0.02, 0.55 + 0.3 * who.lipstick)
    paint.tint(atlas.nails, base * (0.53, 0.47, 0.46) + np.array((0.45, 0.34, 0.33), np.float32), 0.7)
    paint.tint(atlas.hands, base * (1.0, 0.88, 0.84), 0.25)
    paint.tint(atlas.mouth, (0.10, 0.025, 0.022), 0.97)
    image = np.full((atlas.canvas.size, atlas.canvas.size, 4), 255, np.uint8)
    image[..., :3] = np.clip(paint.rgb, 0, 1) * 255
    image[~atlas.canvas.covered, :3] = who.skin
    return image


def _lips(paint: Paint, atlas: Atlas, who: Persona, base: Values) -> None:
    bare = base * (0.84, 0.56, 0.56) * (1.0 if base.mean() > 0.45 else 1.05)
    stick, much = np.array(LIPSTICKS[who.seed % 4], np.float32) / 255, 0.75 * who.lipstick
    paint.tint(atlas.lips, bare * (1 - much) + stick * much, 0.85)
    paint.tint(atlas.lips * atlas.lip_noise, bare * 0.72, 0.3)


def _beard(paint: Paint, atlas: Atlas, stubble: float, base: Values, hair: Values) -> None:
    if stubble:
        paint.tint(atlas.stubble, base * (0.396, 0.408, 0.432) + hair * 0.4, 0.45 * stubble)
        paint.tint(atlas.stubble * np.clip(0.5 + 0.33 * atlas.pore, 0, 1), hair * 0.6, 0.75 * stubble)


@functools.lru_cache(16)
def eyes(colour: str) -> Values:
    """Both eyeballs on the texture of the eyes."""
    rng, size = np.random.default_rng(1), EYE_SIZE
    image = np.full((size, size, 3), (226, 218, 210), np.float32)
    y, x = np.mgrid[:size, :size] / size
    for centre_x, centre_y in EYEBALLS:
        away, angle = np.hypot(x - centre_x, y - centre_y), np.arctan2(y - centre_y, x - centre_x)
        image -= (np.clip((away - 0.17) / 0.12, 0, 1) * (away < 0.33))[..., None] * np.array([16, 44, 46])
        fibres = np.interp((angle + np.pi) * 40, np.arange(260), rng.random(260))[..., None]
        out = np.clip(away / IRIS, 0, 1)[..., None]
        iris = np.array(EYES[colour]) * (0.72 + 0.55 * fibres) * (1.28 - 0.5 * out)
        iris = iris + np.array([34, 20, 4]) * np.exp(-(((out - 0.45) / 0.13) ** 2))
        iris = iris * (1 - 0.75 * np.clip((out - 0.84) / 0.16, 0, 1))
        for edge, paint in ((IRIS, iris), (PUPIL, 6)):
            inside = np.clip((edge - away) / RIM, 0, 1)[..., None]
            image = image * (1 - inside) + paint * inside
    return np.dstack([np.clip(image, 0, 255), np.full((size, size), 255.0)]).astype(np.uint8)


def _cloths(rng: np.random.Generator) -> list[Values]:
    """Plain twice, striped, checked: grey weaves that the colours at the vertices are multiplied with."""
    y, x = np.mgrid[:512, :512]
    coarse = cv2.resize(rng.standard_normal((256, 256)).astype(np.float32), (512, 512))
    threads = 0.25 * np.sin(x * np.pi / 2) * np.sin(y * np.pi / 2) + 0.25 * np.sin(x * np.pi / 2 + y * np.pi / 4)
    weave = 0.84 + 0.10 * (0.5 + threads) + 0.05 * coarse
    stripe = 1 - 0.35 * (np.sin(x * np.pi / 64) > 0.55)
    check = (1 - 0.25 * (np.sin(x * np.pi / 128) > 0.2)) * (1 - 0.25 * (np.sin(y * np.pi / 128) > 0.2))
    return [_grey(weave * pattern) for pattern in (1.0, 1.0, stripe, check)]


def _grey(values: Values) -> Values:
    level = np.clip(values, 0, 1) * 255
    return np.dstack([level, level, level, np.full_like(level, 255)]).astype(np.uint8)


def material_images(size: int = 256) -> dict[str, Values]:
    """Grey tiles of a metre, one for each material of a set, the same in both looks."""
    rng = np.random.default_rng(9)

    def noise(height: int, width: int) -> Values:
        cells = rng.standard_normal((height, width)).astype(np.float32)
        return cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC)

    return {
        "paint": _grey(0.96 + 0.02 * noise(128, 128) + 0.02 * noise(16, 16)),
        "wood": _grey(0.86 + 0.10 * noise(4, 96) + 0.042 * noise(8, 200)),
        "metal": _grey(0.9 + 0.03 * noise(6, 200)),
        "fabric": _grey(0.88 + 0.09 * noise(200, 200)),
        "glow": _grey(np.ones((size, size))),
    }
