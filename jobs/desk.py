"""Hearing a job at work: how far each of its stages is, its newest picture, and the wish to stop."""

from __future__ import annotations

import time
from threading import Event, Lock

from jobs.executor import Newest
from jobs.job import Job, Reached, Stages
from pipeline.progress import Progress, Step


class Desk:
    """Where the news of one attempt at a job arrive. Written by its worker, read by anyone."""

    def __init__(self, job: Job) -> None:
        self.job, self.stop = job, Event()
        self._lock = Lock()
        self._stages: dict[str, Reached] = {}
        self._newest: Newest | None = None

    @property
    def progress(self) -> Progress:
        """What the worker is given."""
        return Progress(self._hear, self.stop)

    @property
    def stages(self) -> Stages:
        """How far the job is; what an earlier attempt had reached until this one has news."""
        with self._lock:
            return dict(self._stages) or self.job.stages

    @property
    def newest(self) -> Newest | None:
        """The newest picture."""
        return self._newest

    def _hear(self, step: Step) -> None:
        now = time.time()
        with self._lock:
            known = self._stages.get(step.stage)
            started = now if known is None else known.started
            self._stages[step.stage] = Reached(step.done, step.total, step.reused, started, now)
        if step.newest is not None:
            self._newest = Newest(step.newest, 1 if self._newest is None else self._newest.count + 1)
