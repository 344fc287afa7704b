"""Room put aside, so that a full disk can still be written down."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SIZE = 1 << 20
"""Bytes. A job's record is some hundred bytes; the store's log grows by whole pages of 4096 for each change."""


def put_aside(path: Path) -> None:
    """Take up the room with a file at `path`; on a disk that is full already nothing is put aside."""
    if path.exists():
        return
    with suppress(OSError):
        try:
            path.write_bytes(os.urandom(SIZE))
        except OSError:
            path.unlink(missing_ok=True)


def give_up(path: Path) -> bool:
    """Free the room. Says whether there was any."""
    if not path.exists():
        return False
    path.unlink(missing_ok=True)
    return True
