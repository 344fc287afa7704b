"""Jobs carried out by this program: how each ends, what is asked of it meanwhile, and what a restart finds."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from jobs.executor import Request, Work
from jobs.job import Job, JobError
from jobs.local import LocalExecutor
from jobs.store import Store
from pipeline.errors import FootageError, NotWritable
from pipeline.progress import Progress

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""


@contextmanager
def executor(folder: Path, kinds: Mapping[str, Work]) -> Iterator[LocalExecutor]:
    made = LocalExecutor(Store(folder), kinds, "cpu")
    try:
        yield made
    finally:
        made.close()


def until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def submit(jobs: LocalExecutor, kind: str, owner: str = "ann") -> str:
    return jobs.submit(Request(kind, {"n": 1}, owner, 1)).id


def ended(jobs: LocalExecutor, job_id: str) -> Job:
    until(lambda: jobs.job(job_id).state not in ("queued", "running"))
    return jobs.job(job_id)


def endless(job: Job, progress: Progress) -> None:
    """Works until it is stopped."""
    frame = np.zeros((4, 4, 3), np.uint8)
    for done in range(1_000_000):
        progress.say("passes", done, 1_000_000, 0, frame)
        time.sleep(0.005)


def refused(job: Job, progress: Progress) -> None:
    raise FootageError("The clip is empty.", "Choose another.")


def broken(job: Job, progress: Progress) -> None:
    raise ZeroDivisionError


def test_jobs_end_as_their_functions_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def short(job: Job, progress: Progress) -> None:
        progress.say("passes", 2, 2)

    with executor(tmp_path, {"short": short, "refused": refused, "broken": broken}) as jobs:
        ids = [submit(jobs, kind) for kind in ("short", "refused", "broken", "unheard-of")]
        assert [jobs.place(job_id) for job_id in ids] == [0, 1, 2, 3]
        jobs.start()
        done, failed, fault, unknown = (ended(jobs, job_id) for job_id in ids)
    assert (done.state, done.stages["passes"].done, done.reason) == ("done", 2, None)
    assert failed.state == "failed" and failed.reason is not None
    assert (failed.reason.message, failed.reason.hint) == ("The clip is empty.", "Choose another.")
    assert fault.state == "failed" and fault.reason is not None and "fault in Photoplay" in fault.reason.message
    assert any(record.exc_info and record.levelno == logging.ERROR for record in caplog.records)
    assert unknown.state == "failed" and unknown.reason is not None and "unheard-of" in unknown.reason.message


def test_a_job_is_paused_goes_on_and_is_cancelled(tmp_path: Path) -> None:
    with executor(tmp_path, {"endless": endless}) as jobs:
        jobs.start()
        job_id = submit(jobs, "endless")
        until(lambda: bool(jobs.job(job_id).stages))
        newest = jobs.newest(job_id)
        assert newest is not None and newest.picture.shape == (4, 4, 3)
        jobs.pause(job_id)
        assert ended(jobs, job_id).state == "paused"
        jobs.go_on(job_id)
        until(lambda: jobs.job(job_id).state == "running")
        assert jobs.job(job_id).attempt == 2
        jobs.cancel(job_id)
        assert ended(jobs, job_id).state == "cancelled"
        assert jobs.newest(job_id) is None
        jobs.remove(job_id)
        with pytest.raises(JobError, match="no job"):
            jobs.job(job_id)


def test_another_program_can_pause_the_job_at_work(tmp_path: Path) -> None:
    with executor(tmp_path, {"endless": endless}) as jobs, executor(tmp_path, {}) as elsewhere:
        jobs.start()
        job_id = submit(elsewhere, "endless")
        until(lambda: elsewhere.job(job_id).state == "running")
        elsewhere.pause(job_id)
        assert ended(elsewhere, job_id).state == "paused"


def test_a_full_disk_pauses_the_job_with_its_reason(tmp_path: Path) -> None:
    room = Event()

    def writes(job: Job, progress: Progress) -> None:
        if not room.is_set():
            raise NotWritable("The disk is full: 000001.png could not be written.", "Make room and go on.")

    with executor(tmp_path, {"writes": writes}) as jobs:
        jobs.start()
        job_id = submit(jobs, "writes")
        paused = ended(jobs, job_id)
        assert paused.state == "paused" and paused.reason is not None and "disk is full" in paused.reason.message
        room.set()
        jobs.go_on(job_id)
        assert ended(jobs, job_id).state == "done"
        assert jobs.job(job_id).reason is None


def test_what_was_at_work_when_the_program_ended_goes_on(tmp_path: Path) -> None:
    with executor(tmp_path, {"endless": endless}) as jobs:
        jobs.start()
        job_id = submit(jobs, "endless")
        until(lambda: jobs.job(job_id).state == "running")
    with executor(tmp_path, {"endless": lambda job, progress: None}) as after:
        assert after.job(job_id).state == "queued", "a stopped program leaves its job in line"
        after.start()
        assert ended(after, job_id).state == "done"
        assert after.job(job_id).crashes == 0


def test_one_program_at_a_time_has_the_accelerator(tmp_path: Path) -> None:
    tmp_path.joinpath("cpu.lock").touch()
    with executor(tmp_path, {"short": lambda job, progress: None}) as jobs:
        with (tmp_path / "cpu.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            jobs.start()
            job_id = submit(jobs, "short")
            time.sleep(1.5)
            assert jobs.job(job_id).state == "queued"
        assert ended(jobs, job_id).state == "done", "it takes over when the other program has ended"


def test_twenty_people_with_five_jobs_each_are_served_in_turns(tmp_path: Path) -> None:
    served: list[str] = []

    def note(job: Job, progress: Progress) -> None:
        served.append(job.owner)

    with executor(tmp_path, {"note": note}) as jobs:
        people = [f"person-{n}" for n in range(20)]
        ids = [submit(jobs, "note", owner) for owner in people for _ in range(5)]
        jobs.start()
        until(lambda: all(job.state == "done" for job in jobs.jobs()))
        assert len(jobs.jobs()) == len(ids) == 100
    assert all(sorted(served[start : start + 20]) == sorted(people) for start in range(0, 100, 20))
