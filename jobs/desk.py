"""Hearing a job at work: how far each of its stages is, its newest picture, and the wish to stop."""

from __future__ import annotations

import time
from threading import Event, Lock

from jobs.executor import Newest
from jobs.job import Job, Reached, Stages
from pipeline.progress import Progress, Step


class Desk:
    """Where the news of one attempt at a job arrive. Written by its worker, read by anyone.

    stop: set when the work shall stop as soon as it can. make_way: set when it shall stop where nothing is lost by it,
    after it has done something new.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.stop, self.make_way = job, Event(), Event()
        self._lock = Lock()
        self._stages: dict[str, Reached] = {}
        self._newest: Newest | None = None
        self._fresh_since: float | None = None

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

    @property
    def fresh_seconds(self) -> float:
        """How long this attempt has been doing what no earlier one had finished."""
        since = self._fresh_since
        return 0.0 if since is None else time.monotonic() - since

    def _hear(self, step: Step) -> None:
        now = time.time()
        with self._lock:
            known = self._stages.get(step.stage)
            started = now if known is None else known.started
            self._stages[step.stage] = Reached(step.done, step.total, step.reused, started, now)
        if step.newest is not None:
            self._newest = Newest(step.newest, 1 if self._newest is None else self._newest.count + 1)
        if step.lasting and step.done > step.reused:
            self._fresh_since = self._fresh_since or time.monotonic()
            if self.make_way.is_set():
                self.stop.set()
