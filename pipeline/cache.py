"""Clearing the cache of finished frames: what was used longest ago goes first. Deliveries do not lie in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import PART, explained
from pipeline.keys import Key

IN_USE = 3600.0
"""Seconds. What was used since may belong to a render at work, which says so with every batch."""


@dataclass(frozen=True)
class Cleared:
    """What was cleared away: how many stage outputs, and how many bytes; and how many bytes are left."""

    outputs: int
    freed: int
    left: int


def clear(cache: Path, keep: int, held: Collection[Key] = ()) -> Cleared:
    """Remove the stage outputs used longest ago until the cache holds at most `keep` bytes, and old unfinished files.

    held: outputs that a waiting job will go on from; they stay, and so does what was used within the last hour,
    whatever their size. Raises OutputError.
    """
    oldest = time.time() - IN_USE
    with explained(cache):
        clear_old_parts(cache, oldest)
        used = {folder: folder.stat().st_mtime for folder in cache.glob("??/*") if folder.is_dir()}
        sizes = {folder: sum(path.stat().st_size for path in folder.iterdir()) for folder in used}
        total, gone = sum(sizes.values()), list[Path]()
        left = total
        for folder in sorted(used, key=lambda folder: used[folder]):
            if left <= keep or used[folder] > oldest:
                break
            if folder.name not in held:
                shutil.rmtree(folder)
                left -= sizes[folder]
                gone.append(folder)
    return Cleared(len(gone), total - left, left)


def clear_old_parts(cache: Path, oldest: float) -> None:
    """Remove what programs that were killed before `oldest` (seconds since the epoch) left unfinished."""
    for path in cache.rglob(".*"):
        if PART.fullmatch(path.name) and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
