"""The file of the store: whole transactions or none, on a full disk too, and its faults in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from jobs.job import StoreError
from jobs.reserve import give_up, put_aside
from jobs.schema import upgrade
from pipeline.errors import NotWritable
from pipeline.files import LITTLE, explained

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""
UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)

Made = TypeVar("Made")


class Database:
    """`jobs.sqlite3` in a folder, and the room put aside beside it. Safe to use from several threads and processes.

    Everything raises NotWritable when the disk refuses, and StoreError when the file does not answer.
    """

    def __init__(self, folder: Path) -> None:
        """Open or make the file. Raises JobError for one of a newer version, too."""
        self.folder, self._lock = folder, threading.RLock()
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._connection = self._told(lambda: _opened(folder / "jobs.sqlite3"))
        self.put_aside()

    @property
    def _reserve(self) -> Path:
        return self.folder / "reserve"

    def put_aside(self) -> None:
        """Put room aside again, if there is any."""
        put_aside(self._reserve)

    def read(self, look: Callable[[sqlite3.Connection], Made]) -> Made:
        """What a look at the tables gives."""
        with self._lock:
            return self._told(lambda: look(self._connection))

    def write(self, change: Callable[[sqlite3.Connection], Made]) -> Made:
        """Carry out a change wholly or not at all; on a full disk with the room that was put aside."""
        with self._lock:
            try:
                return self._told(lambda: _in_transaction(self._connection, change))
            except NotWritable:
                if not give_up(self._reserve):
                    raise
                return self._told(lambda: _in_transaction(self._connection, change))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _told(self, work: Callable[[], Made]) -> Made:
        try:
            return work()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in UNWRITABLE:
                raise NotWritable(
                    f"The list of jobs in {self.folder} cannot be written: {error}.",
                    "Make room on the disk, or see who may write there.",
                    self.folder,
                    LITTLE,
                ) from error
            raise StoreError(
                f"The list of jobs in {self.folder} does not answer: {error}.",
                "Should it stay so, stop Photoplay, put jobs.sqlite3 aside and start again: finished frames are kept.",
            ) from error


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    _in_transaction(connection, upgrade)
    return connection


def _in_transaction(db: sqlite3.Connection, change: Callable[[sqlite3.Connection], Made]) -> Made:
    db.execute("BEGIN IMMEDIATE")
    try:
        made = change(db)
        db.execute("COMMIT")
        return made
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
