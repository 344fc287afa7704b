"""Clearing the cache: the oldest goes first, what is in use stays, and so does everything that is not cache."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pipeline.cache import clear
from pipeline.files import PART, atomic
from pipeline.keys import Key, key_of
from pipeline.stage import FrameStore

HOUR = 3600.0


def output(cache: Path, name: str, hours: float, size: int = 1000) -> FrameStore:
    """A finished stage output of two frames, used so long ago."""
    store = FrameStore(cache, Key(key_of(name, 1, {}, ())), ".png")
    store.write(0, b"x" * (size // 2))
    store.write(1, b"x" * (size // 2))
    moment = time.time() - hours * HOUR
    os.utime(store.folder, (moment, moment))
    return store


def test_the_outputs_used_longest_ago_go_first(tmp_path: Path) -> None:
    stores = {hours: output(tmp_path, str(hours), hours) for hours in (50, 40, 30, 20)}
    assert clear(tmp_path, 4000).outputs == 0
    cleared = clear(tmp_path, 2500)
    assert (cleared.outputs, cleared.freed, cleared.left) == (2, 2000, 2000)
    assert [hours for hours, store in stores.items() if store.has(0) and store.has(1)] == [30, 20]


def test_what_a_render_at_work_uses_stays(tmp_path: Path) -> None:
    used, unused = output(tmp_path, "used", 50), output(tmp_path, "unused", 2)
    used.use()
    assert clear(tmp_path, 0).outputs == 1
    assert used.has(0) and not unused.has(0)


def test_unfinished_files_of_killed_programs_go_after_an_hour(tmp_path: Path) -> None:
    store = output(tmp_path, "a", 2)
    with atomic(store.path(2)) as part:
        part.write_bytes(b"")
        name = part.name
    assert PART.fullmatch(name)
    new, old = store.folder / ".000003.77.88.png", store.folder / ".000004.77.88.png"
    new.write_bytes(b"half")
    old.write_bytes(b"half")
    os.utime(old, (0, 0))
    clear(tmp_path, 10**9)
    assert new.exists() and not old.exists() and store.has(2)


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert clear(tmp_path / "none", 0).left == 0
