"""The store: one SQLite file that survives everything that can happen to the programs around it.

Every change is one transaction that checks the state it starts from, so two processes never both succeed. A running job
is held under a lease: whoever carries it out says so again and again, and a lease that is not renewed is given back.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from jobs.database import Database
from jobs.job import FOLLOWING, UNFINISHED, Job, JobError, Reason, Stages, State, Wish
from jobs.queue import Turns, first_in_line, line
from jobs.record import columns_of, frames_done, job_of, text_of

LEASE = 30.0
"""Seconds without a sign of life after which a job's process counts as dead."""
CRASHES = 2
"""A job whose process died so often in a row without getting further waits for a person."""
CRASHED = Reason(
    "The server broke down twice at the same place of this job.", "Lower the working size or the batch size, or go on."
)
WISHES: Mapping[State, Wish] = {"paused": "pause", "cancelled": "cancel"}
"""What is asked of a job at work that shall come into one of these states."""


class Store:
    """The jobs of one home folder. Safe to use from several threads and from several processes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or make the store in `folder`. Raises NotWritable, or JobError for a store of a newer version."""
        self.folder, self.clock, self._database = folder, clock, Database(folder)

    def add(self, job: Job) -> None:
        """Keep a new job, in the state `queued`. Raises NotWritable, and StoreError, as all that follows."""
        row = (job.id, job.kind, json.dumps(job.spec), job.owner, job.priority, job.created, "queued")
        marks = ", ".join("?" * len(row))
        columns = "id, kind, spec, owner, priority, created, state"
        self._database.write(lambda db: db.execute(f"INSERT INTO jobs ({columns}) VALUES ({marks})", row))

    def find(self, job_id: str) -> Job | None:
        """The job with this id, if there is one."""
        row = self._database.read(lambda db: db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone())
        return None if row is None else job_of(row)

    def jobs(self, states: Iterable[State] = FOLLOWING, owner: str | None = None) -> list[Job]:
        """The jobs that are in one of these states, oldest first; of one owner, or of all."""
        return self._database.read(lambda db: _jobs(db, tuple(states), owner))

    def count(self, owner: str, states: Iterable[State] = UNFINISHED) -> int:
        """How many jobs of an owner are in one of these states."""
        wanted = tuple(states)
        query = f"SELECT COUNT(*) FROM jobs WHERE owner = ? AND state IN ({_marks(wanted)})"
        return self._database.read(lambda db: db.execute(query, (owner, *wanted)).fetchone()[0])

    def waiting(self) -> list[Job]:
        """The queued jobs in the order in which they will be started."""
        return self._database.read(lambda db: line(_jobs(db, ("queued",)), _turns(db)))

    def outranked(self, job: Job, turn_over: bool) -> bool:
        """Whether a job at work shall make way: for a more urgent one, or, when its turn is over, for another owner's.

        turn_over: whether it has been at work for as long as one turn lasts.
        """
        query = "SELECT 1 FROM jobs WHERE state = 'queued' AND (priority < ? OR (? AND priority = ? AND owner != ?))"
        values = (job.priority, turn_over, job.priority, job.owner)
        return self._database.read(lambda db: db.execute(f"{query} LIMIT 1", values).fetchone()) is not None

    def claim(self, holder: str) -> Job | None:
        """Start the first job in line under a lease of `holder`; None when nobody waits. Raises NotWritable."""

        def start(db: sqlite3.Connection) -> Job | None:
            job, now = first_in_line(_jobs(db, ("queued",)), _turns(db)), self.clock()
            if job is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, started = ?, finished = NULL, "
                "holder = ?, beat = ?, wish = NULL, message = NULL, hint = '', place = NULL, need = 0 WHERE id = ?",
                (now, holder, now, job.id),
            )
            db.execute("REPLACE INTO turns VALUES (?, ?)", (job.owner, now))
            return _job(db, job.id)

        return self._database.write(start) if self.jobs(("queued",)) else None

    def beat(self, job: Job, stages: Stages) -> Wish | None:
        """Renew the lease of a claimed job, note how far it is, and hear what is asked of it.

        Raises JobError when the lease was lost, NotWritable when this could not be noted down.
        """

        def renew(db: sqlite3.Connection) -> Wish | None:
            held = _held(db, job)
            db.execute("UPDATE jobs SET beat = ?, stages = ? WHERE id = ?", (self.clock(), text_of(stages), job.id))
            return held.wish

        return self._database.write(renew)

    def settle(self, job: Job, state: State, stages: Stages, reason: Reason | None = None) -> None:
        """End the lease of a claimed job. Raises JobError when it was lost, NotWritable."""

        def end(db: sqlite3.Connection) -> None:
            _held(db, job)
            db.execute("UPDATE jobs SET stages = ?, crashes = 0 WHERE id = ?", (text_of(stages), job.id))
            self._enter(db, job.id, state, reason)
            if reason is None or reason.room is None:
                db.execute("UPDATE jobs SET refusals = 0 WHERE id = ?", (job.id,))
            else:
                _count_again(db, job.id, "refusals", frames_done(stages))

        self._database.write(end)

    def resume(self, job: Job) -> bool:
        """Put a job that was paused for lack of room back in line. Says whether it still waited. Raises NotWritable."""

        def again(db: sqlite3.Connection) -> bool:
            now = _job(db, job.id)
            if now.state != "paused" or now.attempt != job.attempt or now.reason != job.reason:
                return False
            self._enter(db, job.id, "queued", None)
            return True

        return self._database.write(again)

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
                db.execute("UPDATE jobs SET crashes = 0, refusals = 0, furthest = 0 WHERE id = ?", (job_id,))
                self._enter(db, job_id, state, None)

        self._database.write(change)
        self._database.put_aside()

    def remove(self, job_id: str) -> None:
        """Forget a job that is not at work; its files stay. Raises JobError, NotWritable."""

        def forget(db: sqlite3.Connection) -> None:
            if _job(db, job_id).state == "running":
                raise JobError("A job at work cannot be removed.", "Cancel it first.")
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

        self._database.write(forget)

    def recover(self, holder: str) -> None:
        """Queue again what was at work when its process died: jobs of `holder`, and jobs whose lease has run out.

        Only whoever knows that no other process is `holder` may ask for this. Raises NotWritable.
        """

        def give_back(db: sqlite3.Connection) -> None:
            for job in _jobs(db, ("running",)):
                row = db.execute("SELECT holder, beat FROM jobs WHERE id = ?", (job.id,)).fetchone()
                if row["holder"] != holder and row["beat"] > self.clock() - LEASE:
                    continue
                crashes = _count_again(db, job.id, "crashes", frames_done(job.stages))
                self._enter(db, job.id, *_after_crash(job.wish, crashes))

        self._database.write(give_back)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _enter(self, db: sqlite3.Connection, job_id: str, state: State, reason: Reason | None) -> None:
        if state not in FOLLOWING[_job(db, job_id).state]:
            raise JobError(f"A job that is {_job(db, job_id).state} cannot become {state}.")
        finished = None if state == "queued" else self.clock()
        db.execute(
            "UPDATE jobs SET state = ?, finished = ?, message = ?, hint = ?, place = ?, need = ?, "
            "wish = NULL, holder = NULL, beat = NULL WHERE id = ?",
            (state, finished, *columns_of(reason), job_id),
        )


def _after_crash(wish: Wish | None, crashes: int) -> tuple[State, Reason | None]:
    if wish == "cancel":
        return "cancelled", None
    if wish == "pause":
        return "paused", None
    return ("paused", CRASHED) if crashes >= CRASHES else ("queued", None)


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


def _jobs(db: sqlite3.Connection, states: tuple[State, ...], owner: str | None = None) -> list[Job]:
    whose, values = ("", states) if owner is None else ("owner = ? AND ", (owner, *states))
    rows = db.execute(f"SELECT * FROM jobs WHERE {whose}state IN ({_marks(states)}) ORDER BY created, id", values)
    return [job_of(row) for row in rows]


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def _count_again(db: sqlite3.Connection, job_id: str, column: Literal["crashes", "refusals"], reached: int) -> int:
    """Count one more end of this kind; from one again when the job had `reached` more frames than ever before."""
    row = db.execute(f"SELECT {column} AS times, furthest FROM jobs WHERE id = ?", (job_id,)).fetchone()
    times: int = 1 if reached > row["furthest"] else row["times"] + 1
    furthest = max(reached, row["furthest"])
    db.execute(f"UPDATE jobs SET {column} = ?, furthest = ? WHERE id = ?", (times, furthest, job_id))
    return times


def _turns(db: sqlite3.Connection) -> Turns:
    return {row["owner"]: row["started"] for row in db.execute("SELECT * FROM turns")}
