"""Grade matching: mean and spread of brightness and colour moved to those of another picture.

Reinhard et al. 2001, "Color transfer between images", in CIE Lab.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.errors import FootageError
from pipeline.filters.stream import Scene, Stream
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import GradeMatch

Grade = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Mean and deviation of L, a and b in CIE Lab, float32 [3] each."""
STRETCH = 0.5, 2.0
"""Limits of how much a spread may change: a plain picture has none, and noise would be pulled up."""
SIDE = 256
"""Pixels of the long side of the small picture that a grade is read from."""


def matched(stream: Stream, settings: GradeMatch, scene: Scene) -> Stream:
    """The stream with the grade of the plate's same frame, or of the still. Raises FootageError for a bad still."""
    still = None if settings.still is None else grade_of(_read(Path(settings.still)))
    for moment in stream:
        wanted = grade_of(scene.plate(moment.number).astype(np.float32) / 255) if still is None else still
        lab = cv2.cvtColor(moment.pixels.clip(0, 1), cv2.COLOR_RGB2LAB)
        graded = regraded(lab, grade_of(moment.pixels), wanted)
        yield moment.with_pixels(moment.pixels + settings.amount * (graded - moment.pixels))


def regraded(
    lab: NDArray[Any], own: Grade, wanted: Grade, least: float = 1e-3, stretch: tuple[float, float] = STRETCH
) -> FloatPicture:
    """A picture in CIE Lab, float32 [h, w, 3], moved from its own grade to another one: display-referred RGB, 0..1.

    least: a spread below this counts as this one. stretch: the limits of how much a spread may change.
    """
    factor = (wanted[1] / np.maximum(own[1], least)).clip(*stretch)
    moved = (lab - own[0]) * factor.astype(np.float32) + wanted[0]
    return cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB).astype(np.float32, copy=False)


def grade_of(pixels: FloatPicture) -> Grade:
    """Mean and deviation of L, a and b, float32 [3] each, of a display-referred sRGB picture in 0..1."""
    scale = min(SIDE / max(pixels.shape[:2]), 1)
    small = cv2.resize(pixels.clip(0, 1), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return lab.mean(0).astype(np.float32), lab.std(0).astype(np.float32)


def _read(path: Path) -> FloatPicture:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), np.float32) / 255
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FootageError(
            f"{path.name} is not a picture whose grade can be matched.", "Give a PNG or JPEG."
        ) from error
