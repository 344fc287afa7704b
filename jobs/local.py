"""Jobs carried out by this program: one at a time for its accelerator, on a thread of their own."""

from __future__ import annotations

import fcntl
import logging
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event, Thread
from typing import IO

from jobs.desk import Desk
from jobs.executor import Newest, Request, Work
from jobs.job import Job, JobError, Reason, State
from jobs.store import Store
from pipeline.errors import Cancelled, NotWritable, PhotoplayError
from pipeline.files import explained

BEAT = 0.5
"""Seconds between two looks at the store: for new jobs, for what is asked of the one at work, to renew its lease."""
FAULT = Reason("The job broke off through a fault in Photoplay.", "What is finished is kept; the log says more.")

log = logging.getLogger(__name__)


class LocalExecutor:
    """An Executor for one accelerator. Several programs may share a store: one of them carries out, all may ask."""

    def __init__(self, store: Store, kinds: Mapping[str, Work], accelerator: str) -> None:
        """kinds: which function carries out which kind of job. accelerator: its name among all that share the store."""
        self._store, self._kinds, self._accelerator = store, kinds, accelerator
        self._changed, self._closing = Event(), Event()
        self._desk: Desk | None = None
        self._consumer: Thread | None = None

    def submit(self, request: Request) -> Job:
        """Put a job in line, under an id that nobody can guess: digits and letters, no dash. Raises NotWritable."""
        token = secrets.token_hex(16)
        job = Job(token, request.kind, request.spec, request.owner, request.priority, time.time())
        self._store.add(job)
        self._changed.set()
        return job

    def job(self, job_id: str) -> Job:
        """A job as it is now. Raises JobError when there is none."""
        job = self._store.find(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id}.")
        return job

    def jobs(self) -> list[Job]:
        """Every job, oldest first."""
        return self._store.jobs()

    def place(self, job_id: str) -> int | None:
        """How many jobs start before this one; None when it is not in line."""
        places = {job.id: place for place, job in enumerate(self._store.waiting())}
        return places.get(job_id)

    def newest(self, job_id: str) -> Newest | None:
        """The newest picture of the job at work here."""
        desk = self._desk
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
        self._consumer = Thread(target=self._consume, name="jobs")
        self._consumer.start()

    def close(self) -> None:
        """Stop what is at work after its step, leave it in line, and close the store."""
        self._closing.set()
        self._changed.set()
        if self._consumer is not None:
            self._consumer.join()
        self._store.close()

    def _move(self, job_id: str, state: State) -> None:
        self._store.move(job_id, state)
        self._changed.set()

    def _consume(self) -> None:
        """The consumer's thread: take the accelerator, then one job after the other."""
        path = self._store.folder / f"{self._accelerator}.lock"
        with explained(path), path.open("w") as lock, ThreadPoolExecutor(1, "job") as worker:
            while not self._closing.is_set() and not _taken(lock):
                self._closing.wait(BEAT)
            while not self._closing.is_set():
                self._changed.clear()
                with suppress(NotWritable):
                    self._store.recover(self._accelerator)
                    while not self._closing.is_set() and (job := self._store.claim(self._accelerator)) is not None:
                        self._carry_out(job, worker)
                self._changed.wait(BEAT)

    def _carry_out(self, job: Job, worker: ThreadPoolExecutor) -> None:
        self._desk = desk = Desk(job)
        running = worker.submit(self._work, desk)
        while wait([running], BEAT).not_done:
            self._watch(desk)
        state, reason = self._ending(job, running)
        while not self._settled(desk, state, reason) and not self._closing.wait(BEAT):
            pass
        self._desk = None

    def _work(self, desk: Desk) -> None:
        if desk.job.kind not in self._kinds:
            raise JobError(f"Jobs of the kind {desk.job.kind} are not known here.", "Start a newer Photoplay.")
        self._kinds[desk.job.kind](desk.job, desk.progress)

    def _watch(self, desk: Desk) -> None:
        """Renew the lease, and pass the wish to stop on to the job. A full disk must not keep it from working."""
        try:
            wish = self._store.beat(desk.job, desk.stages)
        except NotWritable:
            return
        except JobError:
            wish = "cancel"
        if wish is not None or self._closing.is_set():
            desk.stop.set()

    def _ending(self, job: Job, ended: Future[None]) -> tuple[State, Reason | None]:
        """What becomes of a job whose function has returned or raised."""
        error = ended.exception()
        if error is None:
            return "done", None
        if isinstance(error, Cancelled):
            wish = self.job(job.id).wish
            states: Mapping[str | None, State] = {"pause": "paused", "cancel": "cancelled"}
            return states.get(wish, "queued"), None
        if isinstance(error, NotWritable):
            return "paused", Reason(error.message, error.hint)
        if isinstance(error, PhotoplayError):
            return "failed", Reason(error.message, error.hint)
        log.error("job %s (%s)", job.id, job.kind, exc_info=error)
        return "failed", FAULT

    def _settled(self, desk: Desk, state: State, reason: Reason | None) -> bool:
        """Whether the end of the job could be noted down; one that was taken over is no longer ours to end."""
        try:
            self._store.settle(desk.job, state, desk.stages, reason)
        except NotWritable:
            return False
        except JobError:
            return True
        return True


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
