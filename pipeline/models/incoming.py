"""The place where a model is put together before it is anybody's: complete and on the disk, or gone without a trace."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from pipeline.errors import OutputError
from pipeline.files import disk_fault, disk_full, explained, sync

INCOMING = ".incoming"
LOCK = "lock"
FRESH = 60.0
"""Seconds within which a place without a lock may still be in the making."""
SPARE = 64_000_000
"""Bytes that stay free beside a model."""


@contextmanager
def staged(models: Path) -> Iterator[Path]:
    """A path below `models` for a folder that does not exist yet. What is left there afterwards is removed.

    Raises OutputError when nothing can be written there. Places of programs that were killed are cleared away first.
    """
    with explained(models):
        parent = models / INCOMING
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        place = Path(tempfile.mkdtemp(dir=parent))
        try:
            with (place / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield place / "model"
        except SafetensorError as error:
            raise disk_fault(place) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the places whose owner is gone: nobody holds their lock."""
    for place in parent.iterdir():
        lock = place / LOCK
        if not lock.exists():
            if time.time() - place.stat().st_mtime > FRESH:
                shutil.rmtree(place, ignore_errors=True)
            continue
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(place, ignore_errors=True)


def settle(folder: Path, final: Path) -> None:
    """Make a finished folder `final`, in one step, once all of it is on the disk. Raises OutputError if it is taken."""
    with explained(final):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                sync(path)
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():
            raise OutputError(f"{final} is there already.", "Remove that model first, or choose another name.")
        folder.rename(final)
        sync(final.parent)


def check_room(models: Path, needed: int) -> None:
    """Raise NotWritable when `needed` bytes do not fit onto the disk of the models."""
    with explained(models):
        models.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(models).free < needed + SPARE:
            raise disk_full(models)
