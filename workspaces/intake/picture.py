"""Still pictures: how large they are is read from their header, and only then are they decoded."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from pipeline.errors import RefusedFile
from workspaces.limits import Limits

READ = ("PNG", "JPEG", "TIFF", "WEBP")
"""The decoders that may open a picture."""
EXR = b"\x76\x2f\x31\x01"
EXR_HEADER = 1 << 16
"""Bytes of an EXR header that are looked at; real ones have some hundreds."""
EXPORT = "Export it again as PNG, JPEG, TIFF or EXR."


def check_picture(path: Path, limits: Limits) -> None:
    """Raise RefusedFile unless this is a whole picture within the limits."""
    with path.open("rb") as file:
        exr = file.read(4) == EXR
    if exr:
        _check_size(path, *_exr_size(path), limits)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=READ) as picture:
                _check_size(path, *picture.size, limits)
                picture.load()
    except UnidentifiedImageError as error:
        raise RefusedFile(f"{path.name} is not a picture that can be read.", EXPORT) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, limits) from error
    except (OSError, SyntaxError, ValueError, struct.error, IndexError, KeyError, TypeError) as error:
        raise RefusedFile(f"{path.name} is damaged or not whole.", EXPORT) from error


def _check_size(path: Path, width: int, height: int, limits: Limits) -> None:
    if width < 1 or height < 1:
        raise RefusedFile(f"{path.name} has no size.", EXPORT)
    if width * height > limits.megapixels * 1e6:
        raise _too_large(path, limits)


def _too_large(path: Path, limits: Limits) -> RefusedFile:
    return RefusedFile(f"{path.name} has more than {limits.megapixels:g} million pixels.", "Export it smaller.")


def _exr_size(path: Path) -> tuple[int, int]:
    """Width and height of the data window: an attribute `dataWindow` of the type `box2i`, four little-endian ints.

    Source: "OpenEXR File Layout", the header.
    """
    with path.open("rb") as file:
        header = file.read(EXR_HEADER)
    mark = b"dataWindow\0box2i\0\x10\0\0\0"
    at = header.find(mark)
    if at < 0 or len(header) < at + len(mark) + 16:
        raise RefusedFile(f"{path.name} is not a whole EXR picture.", EXPORT)
    left, top, right, bottom = struct.unpack_from("<4i", header, at + len(mark))
    return right - left + 1, bottom - top + 1
