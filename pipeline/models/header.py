"""The header of a safetensors file, checked before anything else looks at the file.

The format: eight bytes with the length of the header, the header as JSON, then the tensors' bytes without holes.
https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RefusedFile

SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1}
SIZES |= {"I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8}
"""Bytes of one number of each type."""
LONGEST = 25_000_000
"""Bytes of the longest header that is read. The largest real ones, of LoRAs with training notes, have some millions."""
MOST_AXES = 32
MOST_TENSORS = 20_000
LENGTH = 8
AGAIN = "It is damaged, or made to do harm: get the file again from where it came."


@dataclass(frozen=True)
class Header:
    """Names with types and shapes, the notes that the file carries, and where the tensors' bytes begin."""

    types: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    notes: Mapping[str, str]
    begin: int


def read_header(path: Path) -> Header:
    """The checked header of a safetensors file. Raises RefusedFile with the reason when it is not sound."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(LENGTH)
        if len(start) < LENGTH:
            raise RefusedFile(f"{path.name} is too short for a safetensors file.", AGAIN)
        (length,) = struct.unpack("<Q", start)
        if length > min(size - LENGTH, LONGEST):
            raise RefusedFile(f"{path.name} is cut off, or its header is too long: {length} bytes.", AGAIN)
        raw = file.read(length)
    entries = _parsed(raw, path)
    notes = entries.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(value, str) for value in notes.values()):
        raise RefusedFile(f"{path.name} carries notes that are no text.", AGAIN)
    if not entries:
        raise RefusedFile(f"The header of {path.name} names no tensors.", AGAIN)
    if len(entries) > MOST_TENSORS:
        raise RefusedFile(f"{path.name} names {len(entries)} tensors, more than any model has.", AGAIN)
    _check_places(entries, size - LENGTH - length, path)
    types = {name: entry["dtype"] for name, entry in entries.items()}
    shapes = {name: tuple(entry["shape"]) for name, entry in entries.items()}
    return Header(types, shapes, notes, LENGTH + length)


def _parsed(raw: bytes, path: Path) -> dict[str, Any]:
    """The header as plain data, each name once."""
    try:
        entries = json.loads(raw, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedFile(f"The header of {path.name} is not what a safetensors file has.", AGAIN) from error
    if not isinstance(entries, dict):
        raise RefusedFile(f"The header of {path.name} is a {type(entries).__name__}, not a table.", AGAIN)
    return entries


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _check_places(entries: dict[str, Any], room: int, path: Path) -> None:
    """Every tensor as long as its shape says, one after the other, from the first byte of the room to the last."""
    spans = sorted(_span(name, entry, path) for name, entry in entries.items())
    end = 0
    for begin, stop, name in spans:
        if begin != end:
            raise RefusedFile(f"The tensor {name} of {path.name} does not lie where the one before it ends.", AGAIN)
        end = stop
    if end != room:
        raise RefusedFile(f"{path.name} has {room} bytes of tensors where its header promises {end}.", AGAIN)


def _span(name: str, entry: Any, path: Path) -> tuple[int, int, str]:
    """Where a tensor begins and ends."""
    try:
        size, shape, (begin, stop) = SIZES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, begin, stop))
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedFile(f"The tensor {name[:80]} of {path.name} is not described soundly.", AGAIN) from error
    if not whole or len(shape) > MOST_AXES or stop - begin != size * math.prod(shape):
        raise RefusedFile(f"The tensor {name[:80]} of {path.name} is not as long as its shape says.", AGAIN)
    return begin, stop, name
