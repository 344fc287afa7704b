"""Objects and mattes that the engine rendered, as regions: one hard mask for each, whatever way they were stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.clip.engine_passes import EnginePass
from pipeline.clip.notes import recalled
from pipeline.clip.rendered import Rendered
from pipeline.clip.values import Values
from pipeline.errors import FootageError
from pipeline.frames import Box, Mask, Matte
from pipeline.keys import key_of

VERSION = 1
"""Raised when the same files give other regions."""
LOOKED_AT = 24
"""Frames, evenly spread, that are searched for objects."""
SMALLEST = 16
"""Flat pixels in one frame that make a colour an object; fewer is a mixture at some edge."""
INSIDE = 0.5
"""A matte's value from which on a pixel is inside."""
BINARY = 0.98
"""Share of a pass's pixels that must be 0 or 1 in every channel for its channels to be mattes of their own."""
Row = tuple[str, str, str | None, int | None]
"""A region's name, the label of its pass, and its channel or number."""
COLOURS = ("red", "green", "blue", "alpha")


@dataclass(frozen=True)
class GivenRegion:
    """One region. name: unique in the shot. source: the pass it is in. channel: which of its channels, for mattes;
    number: the flat colour's or id's number, see `numbered`, for objects.
    """

    name: str
    source: EnginePass
    channel: str | None = None
    number: int | None = None


class NamedObject(BaseModel):
    """An object's name and its colour in the files, 0 to 255, as the Unity script writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1)
    colour: tuple[int, int, int]


class NamesFile(BaseModel):
    """The names of a shot."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    objects: tuple[NamedObject, ...]


def regions_of(rendered: Rendered) -> tuple[GivenRegion, ...]:
    """Every object and matte of the shot, objects first, in the order of their numbers.

    An object is a flat colour (or whole number) that fills at least 16 pixels together in one of the frames looked at;
    black and 0 are the background. Names come from ids.json where there is one. A matte of several channels that are
    all black and white gives one region for each channel; one with flat colours gives one for each colour.
    Raises FootageError when a file cannot be read or is a JPEG with colours, which blurs them.
    """
    names = {} if rendered.passes.names is None else read_names(rendered.passes.names)
    sources = {found.label: found for found in rendered.passes.found if found.kind not in ("depth", "normal", "motion")}
    key = key_of(
        "objects",
        VERSION,
        {str(number): name for number, name in names.items()},
        [rendered.key(found) for found in sources.values()],
    )
    rows = recalled(rendered.memory, key, list[Row], lambda: [_row(region) for region in _found(rendered, names)])
    return tuple(GivenRegion(name, sources[label], channel, number) for name, label, channel, number in rows)


def _row(region: GivenRegion) -> Row:
    return region.name, region.source.label, region.channel, region.number


def _found(rendered: Rendered, names: dict[int, str]) -> list[GivenRegion]:
    regions: list[GivenRegion] = []
    for found in rendered.passes.found:
        if found.kind in ("object_id", "material_id"):
            regions += _objects(rendered, found, names)
        elif found.kind == "matte":
            regions += _mattes(rendered, found, names)
    _check_names(regions)
    return regions


def matte_of(rendered: Rendered, region: GivenRegion, frame: int) -> Matte | None:
    """Where a region is in a frame: its mask at the plate's size, upright. None where it is not in the frame, or the
    frame is missing and may be. Raises FootageError when the file cannot be read.

    With anti-aliased edges a mixed colour may be anybody's; such a pixel goes to the object of the nearest flat pixel.
    """
    values = rendered.values(region.source, frame)
    if values is None:
        return None
    if region.number is not None:
        inside = settled(numbered(values, region.source)) == region.number
    else:
        inside = channels_of(values)[region.channel or ""] >= INSIDE
    size = (rendered.width, rendered.height)
    mask = cv2.resize(inside.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)
    return _matte(frame, mask)


def read_names(path: Path) -> dict[int, str]:
    """Number of each colour -> the object's name. Raises FootageError when it is not such a file."""
    try:
        read = NamesFile.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise FootageError(
            f"{path.name} is not a list of objects.", "Write it with the script in docs/unity."
        ) from error
    return {(each.colour[0] << 16) + (each.colour[1] << 8) + each.colour[2]: each.name for each in read.objects}


def numbered(values: Values, source: EnginePass) -> NDArray[np.int64]:
    """One whole number for each pixel: the id itself, or of a colour 65536 red + 256 green + blue, 0 to 255 each.

    A single channel of floats holds ids, as do three equal ones beyond 1. What is no whole number, or not finite, is
    -1. Raises FootageError for a JPEG with colours.
    """
    if source.files.suffix.lower() in (".jpg", ".jpeg"):
        raise FootageError(f"{source.label} is JPEG, which blurs the colours of objects.", "Export it as PNG or EXR.")
    if values.part is not None and len(values.part.channels) == 1:
        whole = next(iter(values.part.channels.values()))
        if whole.dtype == np.uint32:
            return whole.astype(np.int64)
    raw = values.scaled[..., :3] if values.pixels.shape[2] >= 3 else values.scaled[..., :1]
    finite = np.isfinite(raw).all(axis=-1)
    raw = np.where(finite[..., None], raw, 0)
    if not has_colours(values):
        ids = np.rint(raw[..., 0])
        return np.where(finite & (np.abs(raw[..., 0] - ids) < 1e-3), ids, -1).astype(np.int64)
    levels = np.rint(np.clip(np.repeat(raw, 3, axis=2)[..., :3] if raw.shape[2] == 1 else raw, 0, 1) * 255)
    packed = (levels @ np.array([65536.0, 256.0, 1.0])).astype(np.int64)
    return np.where(finite, packed, -1)


def has_colours(values: Values) -> bool:
    """Whether objects are told apart by colour, 0 to 1 in each channel, and not by a number in a channel of floats."""
    if values.pixels.dtype != np.float32:
        return True
    return values.pixels.shape[2] >= 3 and float(np.nan_to_num(values.scaled[..., :3], posinf=0.0).max()) <= 1


def settled(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers with mixtures at edges replaced by the number of the nearest flat pixel.

    A pixel is flat when a square of 2 x 2 pixels of its number contains it. Where every pixel's number also occurs
    flat, edges are hard and nothing is changed.
    """
    flat = _flat(numbers)
    known = np.unique(numbers[flat])
    if not flat.any() or np.isin(numbers, known).all():
        return numbers
    apart = (~flat).astype(np.uint8)
    labelled = cv2.distanceTransformWithLabels(apart, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1]
    labels = np.asarray(labelled, np.intp)
    by_label = np.zeros(int(labels.max()) + 1, np.int64)
    by_label[labels[flat]] = numbers[flat]
    return by_label[labels]


def channels_of(values: Values) -> dict[str, NDArray[np.float32]]:
    """The channels of a matte by name: those of an EXR with names of their own, else red, green, blue; "" for grey."""
    part = values.part
    if part is not None and not set(part.channels) <= set("RGBAXYZV"):
        return {name: np.nan_to_num(np.asarray(plane, np.float32)) for name, plane in part.channels.items()}
    planes = np.nan_to_num(values.scaled)
    if planes.shape[2] == 1 or (planes.shape[2] >= 3 and (planes[..., :3] == planes[..., :1]).all()):
        return {"": planes[..., 0]}
    return {COLOURS[place]: planes[..., place] for place in range(min(planes.shape[2], 3))}


def _objects(rendered: Rendered, found: EnginePass, names: dict[int, str]) -> list[GivenRegion]:
    seen: set[int] = set()
    colours = False
    for values in _looked_at(rendered, found):
        colours = colours or has_colours(values)
        numbers = numbered(values, found)
        ids, counts = np.unique(numbers[_flat(numbers)], return_counts=True)
        seen |= {int(number) for number, count in zip(ids, counts, strict=True) if count >= SMALLEST and number > 0}
    word = {"object_id": "object", "material_id": "material"}.get(found.kind, "matte")
    called = {number: f"{word} #{number:06x}" if colours else f"{word} {number}" for number in sorted(seen)}
    return [GivenRegion(names.get(number, name), found, number=number) for number, name in called.items()]


def _mattes(rendered: Rendered, found: EnginePass, names: dict[int, str]) -> list[GivenRegion]:
    channels: dict[str, bool] = {}
    for values in _looked_at(rendered, found):
        planes = channels_of(values)
        if len(planes) == 3 and not _all_binary(planes):
            return _objects(rendered, found, names)
        for name, plane in planes.items():
            channels[name] = channels.get(name, False) or bool((plane >= INSIDE).any())
    stem = found.name or "matte"
    return [GivenRegion(f"{stem} {name}".strip(), found, channel=name) for name, used in channels.items() if used]


def _looked_at(rendered: Rendered, found: EnginePass) -> list[Values]:
    spread = rendered.spread(found, LOOKED_AT)
    return [values for frame in spread if (values := rendered.values(found, frame)) is not None]


def _all_binary(planes: dict[str, NDArray[np.float32]]) -> bool:
    return all((np.abs(plane - np.rint(plane)) < 0.02).mean() >= BINARY for plane in planes.values())


def _flat(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels in some 2 x 2 square of one number, -1 excepted."""
    known = numbers >= 0
    square = known[:-1, :-1] & (numbers[:-1, :-1] == numbers[1:, :-1])
    square &= (numbers[:-1, :-1] == numbers[:-1, 1:]) & (numbers[:-1, :-1] == numbers[1:, 1:])
    flat = np.zeros(numbers.shape, bool)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            flat[rows, columns] |= square
    return flat


def _check_names(regions: list[GivenRegion]) -> None:
    names = [region.name for region in regions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FootageError(f"Two regions are called {twice}.", "Rename one of the sequences.")


def _matte(frame: int, mask: Mask) -> Matte | None:
    x, y, width, height = cv2.boundingRect(mask)
    return Matte(frame, mask, 0.0, Box(x, y, width, height)) if width else None
