"""Reading one picture of whatever make: upright, opaque, RGB, eight bits; none is decoded before its size is known."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import RefusedFile
from pipeline.frames import Picture

READ = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")
"""The decoders that may open a picture."""
SMALLEST_SIDE = 64
LARGEST_SIDE = 2048
"""Larger pictures are brought to this: twice the largest training resolution."""
BEHIND = (128, 128, 128)
"""What is seen through a transparent picture: mid grey, which pulls the model neither to black nor to white."""
EXPORT = "Export it again as PNG or JPEG."
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


def read_still(path: Path, most_pixels: int) -> Picture:
    """The picture in a file, uint8 RGB [height, width, 3], sides of 64 to 2048 pixels; of an animation its first frame.

    most_pixels: pictures whose header promises more are refused undecoded. Raises RefusedFile.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=READ) as picture:
                _check_size(path, picture.size, most_pixels)
                upright = ImageOps.exif_transpose(_eight_bits(picture))
                return np.array(_fitting(_opaque(upright)), np.uint8)
    except UnidentifiedImageError as error:
        raise RefusedFile(f"{path.name} is not a picture that can be read.", EXPORT) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, most_pixels) from error
    except DAMAGED as error:
        raise RefusedFile(f"{path.name} is damaged or not whole.", EXPORT) from error


def _check_size(path: Path, size: tuple[int, int], most_pixels: int) -> None:
    if min(size) < SMALLEST_SIDE:
        raise RefusedFile(f"{path.name} is smaller than {SMALLEST_SIDE} pixels.", "Choose a larger picture.")
    if size[0] * size[1] > most_pixels:
        raise _too_large(path, most_pixels)


def _too_large(path: Path, most_pixels: int) -> RefusedFile:
    return RefusedFile(f"{path.name} has more than {most_pixels / 1e6:g} million pixels.", "Export it smaller.")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Greys of 16 bits brought to eight, which Pillow would cut off instead; all other kinds as they are."""
    if not picture.mode.startswith("I"):
        return picture
    narrow = Image.fromarray((np.clip(np.asarray(picture), 0, 0xFFFF) >> 8).astype(np.uint8))
    narrow.info, exif = picture.info, picture.getexif()
    narrow.getexif().update(exif)
    return narrow


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGBA", seen.size, (*BEHIND, 255))
    return Image.alpha_composite(ground, seen).convert("RGB")


def _fitting(picture: Image.Image) -> Image.Image:
    scale = LARGEST_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    size = round(picture.width * scale), round(picture.height * scale)
    return picture.resize(size, Image.Resampling.LANCZOS)
