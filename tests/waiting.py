"""Waiting for what a studio does in its own time."""

from __future__ import annotations

import time

from jobs.job import Job, State
from studio import Studio

PATIENCE = 120.0
"""Seconds that a job of a few frames or steps may take on a busy machine."""


def at(studio: Studio, job_id: str, *states: State) -> Job:
    """The job, once it is in one of these states."""
    limit = time.monotonic() + PATIENCE
    while (job := studio.jobs.job(job_id)).state not in states:
        assert time.monotonic() < limit, job
        time.sleep(0.02)
    return job
