"""How Auto1111 names a file: by the first digits of hashes that it has changed twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.keys import Key, key_of_file
from pipeline.models.header import read_header

OLD_START, OLD_LENGTH = 0x100000, 0x10000
"""The old hash looks at 64 KiB of the file, one MiB in."""


@dataclass(frozen=True)
class Hashes:
    """Hashes of one file.

    sha256: of the whole file. old: 8 digits, of a piece of it. tensors: sha256 of what follows the header of a
    safetensors file, which stays when its notes are edited; None for other files.
    """

    sha256: Key
    old: str
    tensors: Key | None

    @property
    def short(self) -> str:
        """As in `Model hash`: 10 digits (also called AutoV2)."""
        return self.sha256[:10]

    @property
    def lora(self) -> str:
        """As in `Lora hashes`: 12 digits (also called AutoV3)."""
        return (self.tensors or self.sha256)[:12]

    @property
    def embedding(self) -> str:
        """As in `TI hashes`: 12 digits."""
        return self.sha256[:12]


def hashes_of(path: Path) -> Hashes:
    """All hashes of a file, which is read once or twice from end to end."""
    return Hashes(key_of_file(path), old_hash(path), tensors_hash(path) if path.suffix == ".safetensors" else None)


def old_hash(path: Path) -> str:
    """Auto1111's hash until the end of 2022, and still that of ControlNets."""
    with path.open("rb") as file:
        file.seek(OLD_START)
        return hashlib.sha256(file.read(OLD_LENGTH)).hexdigest()[:8]


def tensors_hash(path: Path) -> Key:
    """The sha256 of what follows a safetensors file's header. Raises RefusedFile when the header is not sound."""
    with path.open("rb") as file:
        file.seek(read_header(path).begin)
        return Key(hashlib.file_digest(file, "sha256").hexdigest())
