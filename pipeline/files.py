"""Writing that never leaves half a file: a temporary name, synced, then renamed."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pipeline.errors import NotWritable, OutputError

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
MISPLACED = (errno.ENOTDIR, errno.EEXIST)
LITTLE = 1 << 20
"""Bytes that have to be free before a refused write is tried again; a render then says itself what it needs."""
WRITERS = 4
"""Files that are packed and written at once; more would wait for the disk."""
PART = re.compile(r"\..+\.\d+\.\d+(\.\w+)?")
"""The name of a file that `atomic` has not finished."""

Item = TypeVar("Item")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write `path` into an OutputError that an artist can act on.

    NotWritable when the refusal may pass: a full or failing disk, a folder closed to us.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(path) from error
        if error.errno == errno.EIO:
            raise disk_fault(path) from error
        if error.errno in CLOSED:
            raise NotWritable(
                f"{path} cannot be written.", "Choose a folder that you may write to.", path, LITTLE
            ) from error
        if error.errno in MISPLACED:
            raise OutputError(f"{path} cannot be written.", "Choose a folder that you may write to.") from error
        raise


def disk_full(path: Path) -> NotWritable:
    """The error for a file that found no room."""
    return NotWritable(
        f"The disk is full: {path.name} could not be written.",
        "Make room and go on: what is finished is kept.",
        path,
        LITTLE,
    )


def disk_fault(path: Path) -> NotWritable:
    """The error for a file that the disk failed to write."""
    return NotWritable(
        f"The disk failed: {path.name} could not be written.",
        "See to the disk, then go on: what is finished is kept.",
        path,
        LITTLE,
    )


def clear_parts(folder: Path) -> None:
    """Remove what a killed program left unfinished below `folder`. Only for folders that nobody else writes to."""
    for path in folder.rglob(".*"):
        if PART.fullmatch(path.name):
            path.unlink(missing_ok=True)


def frames_in(folder: Path, suffix: str) -> frozenset[int]:
    """The numbers of the frames whose files NNNNNN`suffix` lie in `folder`, in one look; none when it is not there.

    Raises OSError when the folder cannot be read.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    stems = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
    return frozenset(int(stem) for stem in stems if stem.isdigit())


def part_of(path: Path) -> Path:
    """Where this thread writes `path` until it is finished."""
    return path.with_name(f".{path.stem}.{os.getpid()}.{threading.get_ident()}{path.suffix}")


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path with the suffix of `path`; when the block ends well, that file becomes `path` for good.

    Raises OutputError when the disk is full or the folder may not be written to.
    """
    part = part_of(path)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            put_in_place(part, path)
        finally:
            part.unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a finished file its name in the same folder, so that after a power cut there is the old file or the new."""
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def at_once(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Do the same with several items on as many threads as WRITERS, and wait until all are done.

    For packing and writing pictures, which leave Python to others meanwhile. Raises what the first of them raises.
    """
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="write") as pool:
        for _ in pool.map(work, items):
            pass


@contextmanager
def behind() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Somebody to hand work to that is done on another thread while the block goes on, one piece at a time.

    Each piece is waited for when the next one comes, and the last one at the end of the block. What it raises is raised
    there.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="behind") as pool:
        handed = list[Future[object]]()

        def hand(work: Callable[[], object]) -> None:
            wait_for_last()
            handed.append(pool.submit(work))

        def wait_for_last() -> None:
            if handed:
                handed.pop().result()

        yield hand
        wait_for_last()
