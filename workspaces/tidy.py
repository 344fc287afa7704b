"""Clearing away what nobody needs: uploads left over, copies made for browsers, folders that never became a shot."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.files import explained
from workspaces.home import Home
from workspaces.shots import UNFINISHED


def clear_uploads(home: Home, oldest: float) -> int:
    """Remove uploads, and files handed to browsers, that nobody has touched since `oldest` (seconds since the epoch).

    Shots, their plates and deliveries lie elsewhere and stay; so do the links that the upgrade of a home has left.
    Returns the bytes freed. Raises OutputError.
    """
    freed = 0
    with explained(home.uploads):
        for path in _files(home.uploads):
            with suppress(FileNotFoundError):
                facts = path.lstat()
                if max(facts.st_ctime, facts.st_mtime) < oldest:
                    path.unlink()
                    freed += facts.st_size if facts.st_nlink == 1 else 0
        _clear_empty(home.uploads, oldest)
        for folder in home.users.glob(f"*/{UNFINISHED}*"):
            if folder.stat().st_mtime < oldest:
                freed += bytes_in(folder)
                shutil.rmtree(folder)
    return freed


def bytes_in(folder: Path) -> int:
    """The size of every file below a folder together; 0 when there is no such folder. Links are not followed."""
    total = 0
    for path in _files(folder):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size
    return total


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not path.is_symlink():
                yield path


def _clear_empty(folder: Path, oldest: float) -> None:
    """Remove empty folders; new ones stay, for somebody may be about to put a file into them."""
    for place, folders, names in os.walk(folder, topdown=False):
        path = Path(place)
        if path != folder and not folders and not names and path.stat().st_mtime < oldest:
            with suppress(OSError):
                path.rmdir()
