"""The store: one SQLite file that survives everything that can happen to the programs around it.

Every change is one transaction that checks the state it starts from, so two processes never both succeed. A running job
is held under a lease: whoever carries it out says so again and again, and a lease that is not renewed is given back.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from jobs.job import FOLLOWING, Job, JobError, Reason, Stages, State, Wish
from jobs.queue import Turns, line
from jobs.record import frames_done, job_of, text_of
from jobs.reserve import give_up, put_aside
from jobs.schema import upgrade
from pipeline.errors import NotWritable
from pipeline.files import explained

LEASE = 30.0
"""Seconds without a sign of life after which a job's process counts as dead."""
CRASHES = 2
"""A job whose process died so often in a row without getting further waits for a person."""
PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""
CRASHED = Reason(
    "The server broke down twice at the same place of this job.", "Lower the working size or the batch size, or go on."
)
WISHES: Mapping[State, Wish] = {"paused": "pause", "cancelled": "cancel"}
"""What is asked of a job at work that shall come into one of these states."""
UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)

Made = TypeVar("Made")


class Store:
    """The jobs of one home folder. Safe to use from several threads and from several processes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or make the store in `folder`. Raises NotWritable, or JobError for a store of a newer version."""
        self.folder, self._clock, self._lock = folder, clock, threading.RLock()
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._connection = self._told(lambda: _opened(folder / "jobs.sqlite3"))
        put_aside(self._reserve)

    @property
    def _reserve(self) -> Path:
        return self.folder / "reserve"

    def add(self, job: Job) -> None:
        """Keep a new job, in the state `queued`. Raises NotWritable."""
        row = (job.id, job.kind, json.dumps(job.spec), job.owner, job.priority, job.created, "queued")
        marks = ", ".join("?" * len(row))
        columns = "id, kind, spec, owner, priority, created, state"
        self._write(lambda db: db.execute(f"INSERT INTO jobs ({columns}) VALUES ({marks})", row))

    def find(self, job_id: str) -> Job | None:
        """The job with this id, if there is one."""
        with self._lock:
            row = self._connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else job_of(row)

    def jobs(self, states: Iterable[State] = FOLLOWING) -> list[Job]:
        """The jobs that are in one of these states, oldest first."""
        with self._lock:
            return _jobs(self._connection, tuple(states))

    def waiting(self) -> list[Job]:
        """The queued jobs in the order in which they will be started."""
        with self._lock:
            return line(_jobs(self._connection, ("queued",)), _turns(self._connection))

    def claim(self, holder: str) -> Job | None:
        """Start the first job in line under a lease of `holder`; None when nobody waits. Raises NotWritable."""

        def start(db: sqlite3.Connection) -> Job | None:
            order, now = line(_jobs(db, ("queued",)), _turns(db)), self._clock()
            if not order:
                return None
            job = order[0]
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, started = ?, finished = NULL, "
                "holder = ?, beat = ?, wish = NULL, message = NULL, hint = '' WHERE id = ?",
                (now, holder, now, job.id),
            )
            db.execute("REPLACE INTO turns VALUES (?, ?)", (job.owner, now))
            return _job(db, job.id)

        return self._write(start) if self.jobs(("queued",)) else None

    def beat(self, job: Job, stages: Stages) -> Wish | None:
        """Renew the lease of a claimed job, note how far it is, and hear what is asked of it.

        Raises JobError when the lease was lost, NotWritable when this could not be noted down.
        """

        def renew(db: sqlite3.Connection) -> Wish | None:
            held = _held(db, job)
            db.execute("UPDATE jobs SET beat = ?, stages = ? WHERE id = ?", (self._clock(), text_of(stages), job.id))
            return held.wish

        return self._write(renew)

    def settle(self, job: Job, state: State, stages: Stages, reason: Reason | None = None) -> None:
        """End the lease of a claimed job. Raises JobError when it was lost, NotWritable."""

        def end(db: sqlite3.Connection) -> None:
            _held(db, job)
            db.execute("UPDATE jobs SET stages = ?, crashes = 0 WHERE id = ?", (text_of(stages), job.id))
            self._enter(db, job.id, state, reason)

        self._write(end)

    def move(self, job_id: str, state: State) -> None:
        """Bring a job that is not at work into another state, or ask one that is at work to pause or to be cancelled.

        Raises JobError when there is no such job or the state cannot follow, NotWritable.
        """

        def change(db: sqlite3.Connection) -> None:
            job = _job(db, job_id)
            if state == "running":
                raise JobError("A job is started by whoever carries it out.")
            if job.state == "running" and state in WISHES:
                db.execute("UPDATE jobs SET wish = ? WHERE id = ?", (WISHES[state], job_id))
            elif job.state == "running":
                raise JobError("The job is at work already.")
            else:
                db.execute("UPDATE jobs SET crashes = 0, furthest = 0 WHERE id = ?", (job_id,))
                self._enter(db, job_id, state, None)

        self._write(change)
        put_aside(self._reserve)

    def remove(self, job_id: str) -> None:
        """Forget a job that is not at work; its files stay. Raises JobError, NotWritable."""

        def forget(db: sqlite3.Connection) -> None:
            if _job(db, job_id).state == "running":
                raise JobError("A job at work cannot be removed.", "Cancel it first.")
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

        self._write(forget)

    def recover(self, holder: str) -> None:
        """Queue again what was at work when its process died: jobs of `holder`, and jobs whose lease has run out.

        Only whoever knows that no other process is `holder` may ask for this. Raises NotWritable.
        """

        def give_back(db: sqlite3.Connection) -> None:
            for job in _jobs(db, ("running",)):
                row = db.execute("SELECT holder, beat, furthest FROM jobs WHERE id = ?", (job.id,)).fetchone()
                if row["holder"] != holder and row["beat"] > self._clock() - LEASE:
                    continue
                reached = frames_done(job.stages)
                crashes = 1 if reached > row["furthest"] else job.crashes + 1
                furthest = max(reached, row["furthest"])
                db.execute("UPDATE jobs SET crashes = ?, furthest = ? WHERE id = ?", (crashes, furthest, job.id))
                self._enter(db, job.id, *_after_crash(job.wish, crashes))

        self._write(give_back)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _enter(self, db: sqlite3.Connection, job_id: str, state: State, reason: Reason | None) -> None:
        if state not in FOLLOWING[_job(db, job_id).state]:
            raise JobError(f"A job that is {_job(db, job_id).state} cannot become {state}.")
        finished = None if state == "queued" else self._clock()
        message, hint = (None, "") if reason is None else (reason.message, reason.hint)
        db.execute(
            "UPDATE jobs SET state = ?, finished = ?, message = ?, hint = ?, wish = NULL, holder = NULL, beat = NULL "
            "WHERE id = ?",
            (state, finished, message, hint, job_id),
        )

    def _write(self, change: Callable[[sqlite3.Connection], Made]) -> Made:
        """Carry out a change wholly or not at all; on a full disk with the room that was put aside."""
        with self._lock:
            try:
                return self._told(lambda: _in_transaction(self._connection, change))
            except NotWritable:
                if not give_up(self._reserve):
                    raise
                return self._told(lambda: _in_transaction(self._connection, change))

    def _told(self, work: Callable[[], Made]) -> Made:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in UNWRITABLE:
                raise NotWritable(
                    f"The list of jobs in {self.folder} cannot be written: {error}.",
                    "Make room on the disk, or see who may write there.",
                ) from error
            raise


def _after_crash(wish: Wish | None, crashes: int) -> tuple[State, Reason | None]:
    if wish == "cancel":
        return "cancelled", None
    if wish == "pause":
        return "paused", None
    return ("paused", CRASHED) if crashes >= CRASHES else ("queued", None)


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


def _job(db: sqlite3.Connection, job_id: str) -> Job:
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise JobError(f"There is no job {job_id}.")
    return job_of(row)


def _held(db: sqlite3.Connection, job: Job) -> Job:
    """The job as it is now, if it is still the attempt that was claimed."""
    now = _job(db, job.id)
    if now.state != "running" or now.attempt != job.attempt:
        raise JobError(f"Job {job.id} has been taken over by another process.")
    return now


def _jobs(db: sqlite3.Connection, states: tuple[State, ...]) -> list[Job]:
    marks = ", ".join("?" * len(states))
    rows = db.execute(f"SELECT * FROM jobs WHERE state IN ({marks}) ORDER BY created, id", states)
    return [job_of(row) for row in rows]


def _turns(db: sqlite3.Connection) -> Turns:
    return {row["owner"]: row["started"] for row in db.execute("SELECT * FROM turns")}
