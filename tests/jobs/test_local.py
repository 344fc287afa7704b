"""Jobs carried out by this program: how each ends, what is asked of it meanwhile, and what a restart finds."""

from __future__ import annotations

import fcntl
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from jobs.executor import Request, Work
from jobs.job import Job, JobError, Room, StoreError
from jobs.local import LocalExecutor
from jobs.pace import USUAL, Pace
from jobs.room import is_there, next_look
from jobs.store import LEASE, Store
from pipeline.errors import Cancelled, FootageError, NotWritable
from pipeline.progress import Progress

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""


QUICK = Pace(beat=0.02, check=0.02, turn=0.05, grace=0.2, longest_check=0.05, longest_wait=0.05)


@contextmanager
def executor(
    folder: Path, kinds: Mapping[str, Work], accelerator: str = "cpu", pace: Pace = USUAL
) -> Iterator[LocalExecutor]:
    made = LocalExecutor(Store(folder), kinds, accelerator, pace)
    try:
        yield made
    finally:
        made.close()


def until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def submit(jobs: LocalExecutor, kind: str, owner: str = "ann", priority: int = 1) -> str:
    return jobs.submit(Request(kind, {"n": 1}, owner, priority)).id


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


def test_a_job_without_room_goes_on_by_itself_when_there_is_some(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    free, tries = shutil.disk_usage(shut).free, list[int]()
    need = [2 * free]

    def writes(job: Job, progress: Progress) -> None:
        tries.append(need[0])
        if need[0] > free:
            raise NotWritable("The disk is full.", "Make room.", shut / "000001.png", need[0])

    with executor(tmp_path / "jobs", {"writes": writes}, pace=QUICK) as jobs:
        jobs.start()
        job_id = submit(jobs, "writes")
        until(lambda: jobs.job(job_id).state == "paused")
        paused = jobs.job(job_id)
        assert paused.reason is not None and paused.reason.room == Room(str(shut / "000001.png"), 2 * free)
        assert paused.reason.hint == "Make room. The job goes on by itself as soon as it can."
        time.sleep(0.5)
        assert jobs.job(job_id) == paused and len(tries) == 1, "looking for room does not start the job"
    need[0] = 1
    with closing(sqlite3.connect(tmp_path / "jobs" / "jobs.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE jobs SET need = 1")
    with executor(tmp_path / "jobs", {"writes": writes}, pace=QUICK) as jobs:
        jobs.start()
        until(lambda: jobs.job(job_id).state == "done")
        assert jobs.job(job_id).reason is None
    assert list(shut.iterdir()) == [], "what was written to see whether there is room is gone"


def test_room_is_looked_for_less_and_less_often_while_the_job_gets_no_further() -> None:
    pace = Pace(check=5, longest_check=60)
    paused = [Job("a", "render", {}, "ann", 1, 0, "paused", finished=100.0, refusals=times) for times in range(1, 8)]
    assert [next_look(job, pace) - 100 for job in paused] == [5, 10, 20, 40, 60, 60, 60]


def test_a_place_where_nothing_can_be_written_has_no_room(tmp_path: Path) -> None:
    assert is_there(Room(str(tmp_path / "not" / "yet" / "there"), 1))
    assert not is_there(Room("/proc/self", 1))
    assert not is_there(Room(str(tmp_path), 1 << 60))


def test_training_makes_way_for_a_render_and_goes_on_afterwards(tmp_path: Path) -> None:
    order: list[str] = []

    def works(job: Job, progress: Progress) -> None:
        for done in range(400):
            order.append(job.owner)
            progress.say("steps", done + 1, 400, 0)
            if job.priority == 1:
                return
            if "bo" in order and order[-1] == "ann" and len(order) > order.index("bo") + 3:
                return
            time.sleep(0.005)

    with executor(tmp_path, {"works": works}, pace=QUICK) as jobs:
        jobs.start()
        training = submit(jobs, "works", "ann", 2)
        until(lambda: "ann" in order)
        render = submit(jobs, "works", "bo", 1)
        assert ended(jobs, render).state == "done"
        assert ended(jobs, training).state == "done"
        assert jobs.job(training).attempt == 2 and jobs.job(training).crashes == 0
    assert order.count("bo") == 1 and order[-1] == "ann"


def test_long_jobs_of_two_people_take_turns_and_nothing_is_stopped_where_work_would_be_lost(tmp_path: Path) -> None:
    turns: list[str] = []
    done: dict[str, int] = {}
    stopped: list[str] = []

    def works(job: Job, progress: Progress) -> None:
        turns.append(job.owner)
        start = done.get(job.id, 0)
        for frame in range(start + 1, 61):
            time.sleep(0.005)
            done[job.id] = frame
            progress.say("passes", frame, 60, start)
        try:
            for frame in range(1, 41):
                time.sleep(0.005)
                progress.say("deliver", frame, 40)
        except Cancelled:
            stopped.append(job.owner)
            raise

    with executor(tmp_path, {"works": works}, pace=QUICK) as jobs:
        ids = [submit(jobs, "works", owner) for owner in ("ann", "bo")]
        jobs.start()
        assert {ended(jobs, job_id).state for job_id in ids} == {"done"}
    assert turns[:3] == ["ann", "bo", "ann"]
    assert stopped == [], "a movie half written would begin anew"


@pytest.mark.parametrize(
    "fault", [sqlite3.OperationalError("database is locked"), sqlite3.DatabaseError("disk image is malformed")]
)
def test_a_fault_of_the_list_of_jobs_is_survived_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: sqlite3.Error
) -> None:
    release = Event()

    def waits(job: Job, progress: Progress) -> None:
        release.wait(PATIENCE)

    with executor(tmp_path, {"waits": waits}, pace=QUICK) as jobs, executor(tmp_path, {}) as asking:
        assert not jobs.healthy, "nobody looks after the jobs yet"
        jobs.start()
        until(lambda: jobs.healthy)
        with monkeypatch.context() as patched:
            patched.setattr(jobs._store._database, "_connection", Broken(fault))
            until(lambda: not jobs.healthy)
            with pytest.raises(StoreError, match=str(fault)):
                jobs.jobs()
        job_id = submit(asking, "waits")
        until(lambda: asking.job(job_id).state == "running" and jobs.healthy)
        with monkeypatch.context() as patched:
            patched.setattr(jobs._store._database, "_connection", Broken(fault))
            until(lambda: not jobs.healthy)
            release.set()
            time.sleep(0.2)
            assert asking.job(job_id).state == "running"
        assert ended(asking, job_id).state == "done"
        until(lambda: jobs.healthy)
    assert any("go on after fault 1" in record.getMessage() for record in caplog.records)


class Broken:
    """A connection on which every statement fails, as one to a damaged or locked file does."""

    in_transaction = False

    def __init__(self, fault: sqlite3.Error) -> None:
        self.fault = fault

    def execute(self, *arguments: object) -> None:
        raise self.fault


def test_closing_does_not_wait_for_a_step_without_end_and_the_job_stays_in_line(tmp_path: Path) -> None:
    release, begun = Event(), Event()

    def long_step(job: Job, progress: Progress) -> None:
        begun.set()
        release.wait(PATIENCE)
        progress.check()

    with executor(tmp_path, {"long": long_step}, pace=QUICK) as jobs:
        jobs.start()
        job_id = submit(jobs, "long")
        assert begun.wait(PATIENCE)
    with executor(tmp_path, {"long": lambda job, progress: None}, pace=QUICK) as after:
        waiting = after.job(job_id)
        assert (waiting.state, waiting.crashes) == ("queued", 0)
        after.start()
        time.sleep(0.3)
        assert after.job(job_id).state == "queued", "the accelerator is not free before the step has ended"
        release.set()
        assert ended(after, job_id).state == "done"


def test_two_accelerators_share_the_line_and_one_that_has_died_is_noticed(tmp_path: Path) -> None:
    clock = [time.time()]
    where: dict[str, str] = {}

    def kinds(accelerator: str) -> dict[str, Work]:
        def note(job: Job, progress: Progress) -> None:
            assert job.id not in where
            where[job.id] = accelerator
            time.sleep(0.02)

        return {"note": note}

    dead = Store(tmp_path)
    with executor(tmp_path, kinds("one"), "cuda:0", QUICK) as one, executor(tmp_path, kinds("two"), "cuda:1") as two:
        lost = submit(one, "note")
        assert dead.claim("cuda:2") is not None
        ids = [submit(one, "note", owner) for owner in "abcdefgh" for _ in range(4)]
        one.start()
        two.start()
        until(lambda: all(one.job(job_id).state == "done" for job_id in ids))
        assert one.job(lost).state == "running", "its lease has not run out"
        dead.clock = lambda: clock[0] + 2 * LEASE
        dead.recover("nobody")
        until(lambda: one.job(lost).state == "done")
        assert one.job(lost).crashes == 0 and one.job(lost).attempt == 2
    dead.close()
    assert set(where) == {lost, *ids} and set(where.values()) == {"one", "two"}
