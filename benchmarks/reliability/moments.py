"""Moments at which a process dies: counted in its own writes, commits and pictures, so that each can be aimed at.

Everything here is called in the process that is to die, before it does anything else.
"""

from __future__ import annotations

import io
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

Reached = Callable[[], None]
"""Called whenever such a moment is reached."""


class Countdown:
    """Counts moments, and kills the process at one of them; with 0 it only counts."""

    def __init__(self, at: int, delay: float = 0.0) -> None:
        """delay: seconds between the moment and the kill, while the process goes on."""
        self.at, self.delay, self.count = at, delay, 0

    def __call__(self) -> None:
        """One moment."""
        self.count += 1
        if self.count != self.at:
            return
        if self.delay == 0:
            kill_self()
        threading.Thread(target=self._later, daemon=True).start()

    def _later(self) -> None:
        time.sleep(self.delay)
        kill_self()


def kill_self() -> None:
    """SIGKILL: no handler runs, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_writes(reached: Reached) -> None:
    """With half the bytes written; before a file or a folder is synced; before and after it gets its name."""
    write_bytes, sync, replace = Path.write_bytes, os.fsync, os.replace

    def halfway(self: Path, data: Any) -> int:
        write_bytes(self, data[: len(data) // 2])
        reached()
        return write_bytes(self, data)

    def before_sync(descriptor: int) -> None:
        reached()
        sync(descriptor)

    def around_replace(source: Any, target: Any) -> None:
        reached()
        replace(source, target)
        reached()

    Path.write_bytes, os.fsync, os.replace = halfway, before_sync, around_replace


def in_commits(reached: Reached) -> None:
    """When the store begins to commit."""
    connect = sqlite3.connect

    def traced(*arguments: Any, **settings: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **settings)
        connection.set_trace_callback(lambda statement: reached() if statement == "COMMIT" else None)
        return connection

    sqlite3.connect = traced


def in_movies(reached: Reached) -> None:
    """When a picture is handed to ffmpeg, when it has had the last, and while it finishes the file."""

    class Watched(subprocess.Popen):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            if self.stdin is not None:
                self.stdin = io.BufferedWriter(WatchedPipe(self.stdin, reached), 1)

        def wait(self, timeout: float | None = None) -> int:
            reached()
            return super().wait(timeout)

    subprocess.Popen = Watched


class WatchedPipe(io.RawIOBase):
    """The pipe to a process: each piece is handed over in halves, with the moment in between."""

    def __init__(self, pipe: IO[bytes], reached: Reached) -> None:
        self._pipe, self._reached = pipe, reached

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Hand over half, and then the rest."""
        whole = bytes(data)
        self._pipe.write(whole[: len(whole) // 2])
        self._reached()
        self._pipe.write(whole[len(whole) // 2 :])
        return len(whole)

    def close(self) -> None:
        """There is no more."""
        if not self.closed:
            self._reached()
            self._pipe.close()
        super().close()


KINDS: dict[str, Callable[[Reached], None]] = {
    "a frame or file write": in_writes,
    "a store commit": in_commits,
    "the mux": in_movies,
}
"""Where a process may die, by name."""


def chosen(chance: random.Random, kind: str, most: int) -> Countdown:
    """One of the first `most` moments of a kind. A commit takes some milliseconds: the kill falls into them."""
    return Countdown(chance.randint(1, most), chance.uniform(0, 0.006) if kind == "a store commit" else 0.0)
