"""Sessions: a random token in the visitor's cookie, its hash in a SQLite file. The file alone opens no door."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipeline.errors import NotWritable
from pipeline.files import explained
from server.users import User

IDLE = 24 * 3600.0
"""Seconds without a request after which a session ends."""
LONGEST = 14 * 24 * 3600.0
"""Seconds after which a session ends however busy it is."""
NOTED = 60.0
"""A request is noted down when the last note is older than this, in seconds."""
MOST = 20
"""Sessions of one user; a new one ends the oldest."""
PATIENCE = 5.0
"""Seconds to wait for another process that is writing."""
TABLE = """
CREATE TABLE IF NOT EXISTS sessions (
    token BLOB PRIMARY KEY, user TEXT NOT NULL, stamp BLOB NOT NULL, created REAL NOT NULL, seen REAL NOT NULL
)
"""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Session:
    """Who came in, and a stamp of the password they came in with."""

    user: str
    stamp: bytes

    def is_of(self, user: User | None) -> bool:
        """Whether the user still exists and still has that password."""
        return user is not None and self.user == user.id and self.stamp == stamp_of(user)


def stamp_of(user: User) -> bytes:
    """Changes with the password, and tells nothing about it: the hash of a salted hash."""
    return hashlib.sha256(user.password.encode()).digest()


class Sessions:
    """The sessions of one home. Safe to use from several threads."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or make the file. clock: seconds since the epoch. Raises NotWritable."""
        self._path, self._clock, self._lock = path, clock, threading.Lock()
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(0o600)
        self._db = self._told(lambda: _opened(path))

    def open(self, user: User) -> str:
        """A token for somebody who has just given their password: 256 random bits. Raises NotWritable."""
        token, now = secrets.token_urlsafe(32), self._clock()
        row = (_hashed(token), user.id, stamp_of(user), now, now)
        with self._lock:
            self._told(lambda: self._db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", row))
            self._tidy(user, now)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, while it lasts."""
        now = self._clock()
        with self._lock:
            query = "SELECT user, stamp, created, seen FROM sessions WHERE token = ?"
            row = self._db.execute(query, (_hashed(token),)).fetchone()
            if row is None or row[2] < now - LONGEST or row[3] < now - IDLE:
                return None
            if row[3] < now - NOTED:
                with suppress(sqlite3.OperationalError):  # a full disk keeps nobody out
                    self._db.execute("UPDATE sessions SET seen = ? WHERE token = ?", (now, _hashed(token)))
        return Session(row[0], row[1])

    def end(self, token: str) -> None:
        """End a session. Raises NotWritable."""
        with self._lock:
            self._told(lambda: self._db.execute("DELETE FROM sessions WHERE token = ?", (_hashed(token),)))

    def count(self) -> int:
        """How many sessions are open."""
        now = self._clock()
        with self._lock:
            query = "SELECT count(*) FROM sessions WHERE created >= ? AND seen >= ?"
            return int(self._db.execute(query, (now - LONGEST, now - IDLE)).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _tidy(self, user: User, now: float) -> None:
        """Forget sessions that have ended, and all but the newest of one user."""
        self._db.execute("DELETE FROM sessions WHERE created < ? OR seen < ?", (now - LONGEST, now - IDLE))
        self._db.execute(
            "DELETE FROM sessions WHERE user = ? AND token NOT IN "
            "(SELECT token FROM sessions WHERE user = ? ORDER BY created DESC, rowid DESC LIMIT ?)",
            (user.id, user.id, MOST),
        )

    def _told(self, work: Callable[[], Made]) -> Made:
        try:
            return work()
        except sqlite3.OperationalError as error:
            raise NotWritable(f"{self._path} cannot be written: {error}.", "Make room on the disk.") from error


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(TABLE)
    return connection


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
