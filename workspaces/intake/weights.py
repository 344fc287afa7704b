"""Safetensors: the header must account for every byte of the file, and for no byte twice."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, cast

from pipeline.errors import RefusedFile
from workspaces.limits import Limits

LONGEST_HEADER = 25_000_000
"""Bytes; the format's own limit is 100 MB, and the headers of the largest models take less than one."""
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
}  # fmt: skip
"""Bits of a number of each type. Source: the README of safetensors, "Format"."""
AGAIN = "Get the file again from where it comes from."


def check_weights(path: Path, limits: Limits) -> None:
    """Raise RefusedFile unless this is a whole safetensors file. No tensor is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(LONGEST_HEADER, size - 8):
            raise _damaged(path, "the length of its header is not right")
        text = file.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "its header cannot be read") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is no list of tensors")
    tensors = {name: facts for name, facts in cast(dict[str, Any], header).items() if name != "__metadata__"}
    places = sorted(_place(path, name, facts) for name, facts in tensors.items())
    _check_places(path, places, size - 8 - length)


def _place(path: Path, name: str, facts: Any) -> tuple[int, int]:
    """Where a tensor begins and ends; it must be as long as its shape and type say."""
    try:
        kind, shape, (begin, end) = facts["dtype"], facts["shape"], facts["data_offsets"]
        whole = [begin, end, *shape]
        right = all(type(number) is int and number >= 0 for number in whole) and len(shape) <= 32
        if right and (end - begin) * 8 == math.prod(shape) * BITS[kind]:
            return begin, end
    except (KeyError, TypeError, ValueError):
        pass
    raise _damaged(path, f"its tensor {name[:60]!r} is not as long as its shape says")


def _check_places(path: Path, places: list[tuple[int, int]], size: int) -> None:
    reached = 0
    for begin, end in places:
        if begin != reached:
            raise _damaged(path, "its tensors overlap or leave gaps")
        reached = end
    if reached != size:
        raise _damaged(path, "its tensors are not as long as the file")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _damaged(path: Path, why: str) -> RefusedFile:
    return RefusedFile(f"{path.name} is not a whole safetensors file: {why}.", AGAIN)
