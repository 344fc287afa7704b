"""The tables of the store, and how a store of an older version becomes one of this version."""

from __future__ import annotations

import sqlite3

from jobs.job import JobError

UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE jobs (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            spec TEXT NOT NULL,
            owner TEXT NOT NULL,
            priority INTEGER NOT NULL,
            created REAL NOT NULL,
            state TEXT NOT NULL,
            started REAL,
            finished REAL,
            attempt INTEGER NOT NULL DEFAULT 0,
            crashes INTEGER NOT NULL DEFAULT 0,
            furthest INTEGER NOT NULL DEFAULT 0,
            stages TEXT NOT NULL DEFAULT '{}',
            message TEXT,
            hint TEXT NOT NULL DEFAULT '',
            wish TEXT,
            holder TEXT,
            beat REAL
        )
        """,
        "CREATE INDEX jobs_by_state ON jobs (state)",
        "CREATE TABLE turns (owner TEXT PRIMARY KEY, started REAL NOT NULL)",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE jobs ADD COLUMN place TEXT",
        "ALTER TABLE jobs ADD COLUMN need INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX jobs_by_owner ON jobs (owner, state)",
    ),
)
"""The step from version n to n + 1 is UPGRADES[n]. Steps that were released are never changed."""


def upgrade(db: sqlite3.Connection) -> None:
    """Bring a store to this version inside a transaction of the caller's.

    Raises JobError when a newer Photoplay has written it.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(UPGRADES):
        raise JobError(
            f"The list of jobs was written by a newer Photoplay (version {version}, known here: {len(UPGRADES)}).",
            "Start the newer one, or choose another home folder.",
        )
    for statement in (statement for step in UPGRADES[version:] for statement in step):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(UPGRADES)}")
