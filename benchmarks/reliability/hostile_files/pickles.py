"""Pickles that run a program when they are loaded, under the names and in the wrappings in which models travel."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import pickle
import struct
import tarfile
from zipfile import ZipFile

import numpy as np

from hostile_files.lair import Lair


class Payload:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: str) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self.trace}'",)


def make(lair: Lair) -> dict[str, bytes]:
    """Twenty pickles and polyglots."""
    payload = Payload(str(lair.trace))
    plain = {f"protocol{number}.ckpt": pickle.dumps(payload, number) for number in range(6)}
    evil = pickle.dumps(payload)
    array = io.BytesIO()
    np.save(array, np.array([payload], object), allow_pickle=True)
    return plain | {
        "model.pth": evil,
        "clip.mp4": evil,
        "weights.safetensors": evil,
        "look.toml": evil,
        "torch.pt": in_zip({"archive/data.pkl": evil, "archive/version": b"3\n"}),
        "torch.safetensors": in_zip({"archive/data.pkl": evil}),
        "torch.mp4": in_zip({"archive/data.pkl": evil}),
        "legacy.pt": in_tar("pickle", evil),
        "small.pt": gzip.compress(evil),
        "small.ckpt": bz2.compress(evil),
        "array.npy": array.getvalue(),
        "picture.png": b"\x89PNG\r\n\x1a\n" + evil,
        "movie.mov": struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + evil,
        "header.safetensors": struct.pack("<Q", 2) + b"{}" + evil,
    }


def in_zip(members: dict[str, bytes]) -> bytes:
    """A zip with these files."""
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def in_tar(name: str, data: bytes) -> bytes:
    """A tar with one file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()
