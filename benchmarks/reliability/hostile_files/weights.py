"""Safetensors whose header lies."""

from __future__ import annotations

import json
import pickle
import struct

from hostile_files.lair import Lair
from hostile_files.pickles import Payload

ROOM = 64
"""Bytes of tensors."""


def make(lair: Lair) -> dict[str, bytes]:
    """Twenty files."""
    half = tensor([4, 4], 0, 32)
    headers: dict[str, object] = {
        "list": [1, 2],
        "gap": {"a": tensor([4, 4], 16, 48)},
        "overlap": {"a": half, "b": tensor([4, 4], 16, 48), "c": tensor([8], 48, 64)},
        "beyond": {"a": tensor([4000], 0, 8000)},
        "negative": {"a": tensor([4, 4], -32, 0)},
        "backwards": {"a": tensor([4, 4], 32, 0)},
        "short": {"a": half},
        "long-shape": {"a": tensor([1] * 4000 + [32], 0, 64)},
        "huge-shape": {"a": tensor([2**62, 2**62], 0, 64)},
        "false-shape": {"a": tensor([2**40], 0, 64)},
        "fraction": {"a": {"dtype": "F16", "shape": [32], "data_offsets": [0.0, 64.0]}},
        "no-type": {"a": {"dtype": "PICKLE", "shape": [32], "data_offsets": [0, 64]}},
        "no-facts": {"a": 7},
    }
    files = {f"{name}.safetensors": with_header(json.dumps(header).encode()) for name, header in headers.items()}
    evil = pickle.dumps(Payload(str(lair.trace)))
    whole = json.dumps({"a": tensor([32], 0, 64)})
    return files | {
        "long-header.safetensors": struct.pack("<Q", 2**62) + b"{" + bytes(ROOM),
        "large-header.safetensors": with_header(b"{" + b" " * 60_000_000 + b"}"),
        "deep.safetensors": with_header(b'{"a":' + b"[" * 1_000_000),
        "twice.safetensors": with_header((whole[:-1] + "," + whole[1:]).encode()),
        "not-a-number.safetensors": with_header(b'{"a": {"dtype": "F16", "shape": [NaN], "data_offsets": [0, 64]}}'),
        "words.safetensors": with_header('{"a": 1}'.encode("utf-16")),
        "behind.safetensors": with_header(whole.encode()) + evil,
    }


def tensor(shape: list[int], begin: int, end: int) -> dict[str, object]:
    """A tensor of half-precision numbers, as a header describes it."""
    return {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}


def with_header(header: bytes) -> bytes:
    """A file with this header and ROOM bytes of tensors."""
    return struct.pack("<Q", len(header)) + header + bytes(ROOM)
