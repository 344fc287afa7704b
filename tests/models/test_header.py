"""Headers of safetensors files: sound ones are read, all others are one sentence."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import RefusedFile
from pipeline.models.header import LONGEST, MOST_TENSORS, read_header
from tests.models import siblings


def write(path: Path, header: object, room: int = 8) -> Path:
    """A file with this header and so many bytes of tensors."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(room))
    return path


def tensor(begin: int = 0, end: int = 8, **changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [begin, end]} | changes


def test_a_sound_header_is_read(tmp_path: Path) -> None:
    weights = {
        "a": torch.zeros(2, 3),
        "b": torch.zeros(0, dtype=torch.float16),
        "c": torch.zeros((), dtype=torch.int64),
    }
    header = read_header(siblings.write(weights, tmp_path / "a.safetensors", {"author": "x"}))
    assert header.shapes == {"a": (2, 3), "b": (0,), "c": ()}
    assert header.types == {"a": "F32", "b": "F16", "c": "I64"}
    assert header.notes["author"] == "x"
    assert header.begin == (tmp_path / "a.safetensors").stat().st_size - 24 - 8


HOSTILE: dict[str, tuple[object, str]] = {
    "no JSON": (b"{nonsense", "not what a safetensors file has"),
    "not UTF-8": (b'{"\xff": 1}', "not what a safetensors file has"),
    "nested without end": (b"[" * 100_000, "not what a safetensors file has"),
    "a size that is no number": (b'{"t": {"shape": [NaN]}}', "not what a safetensors file has"),
    "a list": ([1, 2], "is a list, not a table"),
    "empty": ({}, "names no tensors"),
    "notes alone": ({"__metadata__": {"a": "b"}}, "names no tensors"),
    "notes of numbers": ({"__metadata__": {"a": 1}, "t": tensor()}, "notes that are no text"),
    "a name twice": (b'{"t": {}, "t": {}}', "not what a safetensors file has"),
    "an unknown type": ({"t": tensor(dtype="F33")}, "not described soundly"),
    "no type": ({"t": {"shape": [2], "data_offsets": [0, 8]}}, "not described soundly"),
    "no table": ({"t": 5}, "not described soundly"),
    "three offsets": ({"t": tensor(data_offsets=[0, 4, 8])}, "not described soundly"),
    "a negative size": ({"t": tensor(shape=[-2])}, "not as long as its shape says"),
    "a size of words": ({"t": tensor(shape=["2"])}, "not as long as its shape says"),
    "a size that is true": ({"t": tensor(shape=[True, 2])}, "not as long as its shape says"),
    "a half size": ({"t": tensor(shape=[2.0])}, "not as long as its shape says"),
    "a huge size": ({"t": tensor(shape=[2**40, 2**40])}, "not as long as its shape says"),
    "more axes than an array has": ({"t": tensor(shape=[2] + [1] * 32)}, "not as long as its shape says"),
    "backwards": ({"t": tensor(8, 0)}, "not as long as its shape says"),
    "behind the end": ({"t": tensor(8, 16)}, "does not lie where"),
    "a hole": ({"a": tensor(0, 4, shape=[1]), "b": tensor(6, 8, dtype="F16", shape=[1])}, "does not lie where"),
    "one over the other": ({"a": tensor(), "b": tensor()}, "does not lie where"),
    "too much room": ({"t": tensor(0, 4, shape=[1])}, "8 bytes of tensors where its header promises 4"),
    "too little room": ({"t": tensor(0, 16, shape=[4])}, "8 bytes of tensors where its header promises 16"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_headers_are_one_sentence(tmp_path: Path, case: str) -> None:
    header, words = HOSTILE[case]
    with pytest.raises(RefusedFile, match=words) as caught:
        read_header(write(tmp_path / "bad.safetensors", header))
    assert caught.value.message.startswith(("bad.safetensors", "The header of bad.", "The tensor"))


@pytest.mark.parametrize("length", [LONGEST + 1, 2**63, 2**64 - 1])
def test_a_length_that_cannot_be_is_not_believed(tmp_path: Path, length: int) -> None:
    (tmp_path / "bad.safetensors").write_bytes(struct.pack("<Q", length) + b'{"t": {}}')
    with pytest.raises(RefusedFile, match="cut off, or its header is too long"):
        read_header(tmp_path / "bad.safetensors")


def test_more_tensors_than_any_model_has_are_refused(tmp_path: Path) -> None:
    header = {str(number): tensor(0, 0, shape=[0]) for number in range(MOST_TENSORS + 1)}
    with pytest.raises(RefusedFile, match="more than any model has"):
        read_header(write(tmp_path / "bad.safetensors", header, 0))


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = siblings.write({"a": torch.zeros(4), "b": torch.ones(4)}, tmp_path / "whole.safetensors").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut.safetensors").write_bytes(whole[:length])
        with pytest.raises(RefusedFile):
            read_header(tmp_path / "cut.safetensors")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 200), value=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(tmp_path: Path, place: int, value: int) -> None:
    """Whatever a flipped byte makes of a header: a sentence, or a header whose tensors fill the file exactly."""
    path = siblings.write({"a": torch.zeros(4), "b": torch.ones(4)}, tmp_path / "whole.safetensors")
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] = value
    path.write_bytes(raw)
    try:
        header = read_header(path)
    except RefusedFile:
        return
    assert len(header.shapes) == 2 and header.begin + 32 == len(raw)
