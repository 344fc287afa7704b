"""The adapter to OpenEXR: what a file holds, as arrays. Nothing else in the program reads or writes EXR.

Values are given as they are stored: scene-linear colour, metres, vectors or numbers of objects. Converting them to a
picture is the business of `colour`, reading a meaning out of them that of `depth`, `normals`, `vectors` and `mattes`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from pipeline.errors import FootageError

LONGEST_SIDE = 16384
"""Pixels. A header that claims more is damaged or hostile: nothing is allocated for it."""

EXPORT_AGAIN = "Export this frame again."


@dataclass(frozen=True, eq=False)
class Part:
    """One part of an EXR file.

    name: the part's name; empty in a file of one part without a name. channels: name -> [height, width], float32 or
    uint32, at the display window's size; 0 where the data window does not reach. rate: frames a second, where named.
    near, far: the camera's clip distances in metres, where the header has them.
    """

    name: str
    channels: Mapping[str, NDArray[Any]]
    rate: Fraction | None
    near: float | None
    far: float | None


@dataclass(frozen=True)
class PartHeader:
    """What a part says about itself. width, height: of the display window in pixels."""

    name: str
    channels: tuple[str, ...]
    width: int
    height: int
    rate: Fraction | None


def read_headers(path: Path) -> tuple[PartHeader, ...]:
    """The headers of all parts; no pixels are read. Raises FootageError when the file is no whole EXR file."""
    try:
        with OpenEXR.File(str(path), separate_channels=True, header_only=True) as file:
            return tuple(_header(path, dict(part.header)) for part in file.parts)
    except RuntimeError as error:
        raise _refusal(path) from error


def read_parts(path: Path) -> tuple[Part, ...]:
    """All parts with their pixels. Raises FootageError when the file is damaged, cut short, deep or subsampled.

    OpenEXR 3.5 does not raise for damaged pixels: it prints a warning and leaves the part out.
    """
    headers = read_headers(path)
    try:
        with redirect_stdout(sys.stderr), OpenEXR.File(str(path), separate_channels=True) as file:
            parts = tuple(_part(path, part) for part in file.parts)
    except RuntimeError as error:
        raise _refusal(path) from error
    if [sorted(part.channels) for part in parts] != [sorted(header.channels) for header in headers]:
        raise _refusal(path)
    return parts


def write_parts(path: Path, parts: Mapping[str, Mapping[str, NDArray[Any]]], rate: Fraction | None = None) -> None:
    """Write one EXR file, ZIP-compressed: part name -> channel name -> float16, float32 or uint32 [height, width].

    One part makes a plain file, several a multi-part file. rate: frames a second, for the header.
    Raises OSError when it cannot be written.
    """
    extra = {} if rate is None else {"framesPerSecond": rate}
    made = [
        OpenEXR.Part(
            {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **extra},
            {channel: np.ascontiguousarray(values) for channel, values in channels.items()},
            name,
        )
        for name, channels in parts.items()
    ]
    with OpenEXR.File(made) as file:
        try:
            file.write(str(path))
        except RuntimeError as error:
            raise OSError(f"{path} could not be written") from error


def _header(path: Path, header: Mapping[str, Any]) -> PartHeader:
    width, height = _size(path, header["displayWindow"])
    _size(path, header["dataWindow"])
    names = tuple(channel.name for channel in header["channels"])
    return PartHeader(str(header.get("name", "")), names, width, height, _rate(header))


def _part(path: Path, part: Any) -> Part:
    header = dict(part.header)
    channels = {name: _placed(path, header, channel) for name, channel in part.channels.items()}
    return Part(
        str(header.get("name", "")), channels, _rate(header), _distance(header, "near"), _distance(header, "far")
    )


def _placed(path: Path, header: Mapping[str, Any], channel: Any) -> NDArray[Any]:
    if (channel.xSampling, channel.ySampling) != (1, 1) or channel.pixels.dtype == object:
        raise FootageError(
            f"{path.name} has subsampled or deep channels, which are not read.", "Export it as flat RGB."
        )
    pixels = channel.pixels if channel.pixels.dtype == np.uint32 else channel.pixels.astype(np.float32)
    (left, top), (right, bottom) = (tuple(int(edge) for edge in corner) for corner in header["displayWindow"])
    x, y = (int(edge) for edge in header["dataWindow"][0])
    if pixels.shape == (bottom - top + 1, right - left + 1) and (x, y) == (left, top):
        return pixels
    whole = np.zeros((bottom - top + 1, right - left + 1), pixels.dtype)
    rows, columns = _overlap(y - top, pixels.shape[0], len(whole)), _overlap(x - left, pixels.shape[1], whole.shape[1])
    whole[rows[0], columns[0]] = pixels[rows[1], columns[1]]
    return whole


def _overlap(offset: int, length: int, room: int) -> tuple[slice, slice]:
    """Where a run of `length` that starts at `offset` lies in 0..room, and which part of the run that is."""
    begin, end = max(offset, 0), max(min(offset + length, room), max(offset, 0))
    return slice(begin, end), slice(begin - offset, end - offset)


def _size(path: Path, window: Sequence[Any]) -> tuple[int, int]:
    (left, top), (right, bottom) = ((int(edge) for edge in corner) for corner in window)
    width, height = right - left + 1, bottom - top + 1
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise FootageError(f"{path.name} says that it is {width}x{height}, which cannot be read.", EXPORT_AGAIN)
    return width, height


def _rate(header: Mapping[str, Any]) -> Fraction | None:
    rate = header.get("framesPerSecond")
    if not isinstance(rate, int | float | Fraction) or not 0 < rate <= 1000:
        return None
    return Fraction(rate).limit_denominator(1001)


def _distance(header: Mapping[str, Any], name: str) -> float | None:
    value = header.get(name)
    return float(value) if isinstance(value, int | float) and 0 < value < float("inf") else None


def _refusal(path: Path) -> FootageError:
    if path.stat().st_size == 0:
        return FootageError(f"{path.name} is empty.", EXPORT_AGAIN)
    with path.open("rb") as file:
        known = file.read(4) == b"\x76\x2f\x31\x01"
    what = "is damaged or cut short" if known else "is not an EXR file"
    return FootageError(f"{path.name} {what}.", EXPORT_AGAIN)
