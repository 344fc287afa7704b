"""Jobs carried out by this program: one at a time for its accelerator, on a thread of their own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping

from jobs.consumer import Consumer
from jobs.executor import Newest, Request, Work
from jobs.job import UNFINISHED, Job, JobError, State
from jobs.pace import USUAL, Pace
from jobs.store import Store


class LocalExecutor:
    """An Executor for one accelerator. Several programs may share a store: one of them carries out, all may ask."""

    def __init__(self, store: Store, kinds: Mapping[str, Work], accelerator: str, pace: Pace = USUAL) -> None:
        """kinds: which function carries out which kind of job. accelerator: its name among all that share the store."""
        self._store, self._consumer = store, Consumer(store, kinds, accelerator, pace)

    @property
    def healthy(self) -> bool:
        """Whether jobs are being looked after here: the consumer lives and the store answers it."""
        return self._consumer.healthy

    def submit(self, request: Request) -> Job:
        """Put a job in line, under an id that nobody can guess: digits and letters, no dash. Raises NotWritable."""
        token = secrets.token_hex(16)
        job = Job(token, request.kind, request.spec, request.owner, request.priority, time.time())
        self._store.add(job)
        self._consumer.changed.set()
        return job

    def job(self, job_id: str) -> Job:
        """A job as it is now. Raises JobError when there is none."""
        job = self._store.find(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id}.")
        return job

    def jobs(self, owner: str | None = None) -> list[Job]:
        """Every job, or every job of one owner, oldest first."""
        return self._store.jobs(owner=owner)

    def count(self, owner: str, states: Iterable[State] = UNFINISHED) -> int:
        """How many jobs of an owner are in one of these states."""
        return self._store.count(owner, states)

    def place(self, job_id: str) -> int | None:
        """How many jobs start before this one; None when it is not in line."""
        places = {job.id: place for place, job in enumerate(self._store.waiting())}
        return places.get(job_id)

    def newest(self, job_id: str) -> Newest | None:
        """The newest picture of the job at work here."""
        desk = self._consumer.desk
        return desk.newest if desk is not None and desk.job.id == job_id else None

    def pause(self, job_id: str) -> None:
        """Stop a job soon until somebody lets it go on. Raises JobError, NotWritable."""
        self._move(job_id, "paused")

    def cancel(self, job_id: str) -> None:
        """End a job soon. Raises JobError, NotWritable."""
        self._move(job_id, "cancelled")

    def go_on(self, job_id: str) -> None:
        """Put a job that is paused, failed or cancelled back in line. Raises JobError, NotWritable."""
        self._move(job_id, "queued")

    def remove(self, job_id: str) -> None:
        """Forget a job that is not at work. Raises JobError, NotWritable."""
        self._store.remove(job_id)

    def start(self) -> None:
        """Begin to carry out jobs as soon as no other program does so for this accelerator."""
        self._consumer.start()

    def close(self) -> None:
        """Stop what is at work after its step, leave it in line, and close the store.

        A job that does not stop in time is left to its thread, which ends with the program; the store stays open then.
        """
        if self._consumer.close():
            self._store.close()

    def _move(self, job_id: str, state: State) -> None:
        self._store.move(job_id, state)
        self._consumer.changed.set()
