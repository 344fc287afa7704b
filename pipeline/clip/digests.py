"""The sha256 of many files, each read once and remembered for as long as its size and date stay the same."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.files import atomic
from pipeline.keys import Key, key_of_file

SETTLED = 2.0
"""Seconds. A file changed more recently than this may change again under the same date: it is not remembered."""

Remembered = dict[str, tuple[int, int, str]]
"""File name -> size in bytes, time of the last change in nanoseconds, sha256."""


def keys_of(paths: Iterable[Path], memory: Path | None) -> dict[Path, Key]:
    """The sha256 of each file's bytes.

    memory: the folder where digests are remembered, one small file for each folder of pictures; None remembers
    nothing. A remembered digest counts while the file has the same size and the same time of its last change.
    """
    by_folder: dict[Path, list[Path]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, []).append(path)
    keys: dict[Path, Key] = {}
    for folder, files in by_folder.items():
        note = (
            None if memory is None else memory / f"{hashlib.sha256(str(folder.absolute()).encode()).hexdigest()}.json"
        )
        known = _recalled(note)
        fresh = {path.name: _digest(path, known) for path in files}
        keys |= {path: Key(fresh[path.name][2]) for path in files}
        if note is not None and fresh.items() - known.items():
            _remember(note, known | fresh)
    return keys


def _digest(path: Path, known: Mapping[str, tuple[int, int, str]]) -> tuple[int, int, str]:
    state = path.stat()
    size, changed, digest = known.get(path.name, (-1, -1, ""))
    if (size, changed) == (state.st_size, state.st_mtime_ns):
        return size, changed, digest
    settled = state.st_mtime < time.time() - SETTLED
    return state.st_size, state.st_mtime_ns if settled else -1, key_of_file(path)


def _recalled(note: Path | None) -> Remembered:
    if note is None or not note.is_file():
        return {}
    try:
        rows = json.loads(note.read_text(encoding="utf-8"))
        return {str(name): (int(size), int(changed), str(digest)) for name, (size, changed, digest) in rows.items()}
    except (ValueError, AttributeError, TypeError):
        return {}


def _remember(note: Path, rows: Remembered) -> None:
    with atomic(note) as part:
        part.write_text(json.dumps(rows), encoding="utf-8")
