"""Auto1111's names for files, each computed here once more from what is publicly known about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from pipeline.models.hashes import hashes_of
from tests.models import siblings


def test_the_hashes_of_a_large_file(tmp_path: Path) -> None:
    weights = {"a": torch.arange(1_000_000, dtype=torch.float32)}
    path = siblings.write(weights, tmp_path / "a.safetensors", {"note": "one"})
    raw, found = path.read_bytes(), hashes_of(path)
    assert found.sha256 == hashlib.sha256(raw).hexdigest()
    assert found.short == found.sha256[:10] and found.embedding == found.sha256[:12]
    assert found.old == hashlib.sha256(raw[2**20 : 2**20 + 2**16]).hexdigest()[:8]
    assert found.lora == hashlib.sha256(weights["a"].numpy().tobytes()).hexdigest()[:12]


def test_notes_change_the_file_and_not_its_lora_hash(tmp_path: Path) -> None:
    weights = {"a": torch.ones(8)}
    one = hashes_of(siblings.write(weights, tmp_path / "one.safetensors", {"note": "one"}))
    two = hashes_of(siblings.write(weights, tmp_path / "two.safetensors", {"note": "another"}))
    assert one.lora == two.lora and one.sha256 != two.sha256


def test_a_pickle_is_known_by_the_whole_file(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(8)}, tmp_path / "a.pt")
    found = hashes_of(tmp_path / "a.pt")
    assert found.tensors is None and found.lora == found.sha256[:12]
    assert found.old == hashlib.sha256(b"").hexdigest()[:8]
