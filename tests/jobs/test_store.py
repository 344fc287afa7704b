"""The store: its states, its leases, and that it can be written on a full disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from jobs.job import Job, JobError, Reached, Reason, Room, State, StoreError
from jobs.schema import UPGRADES
from jobs.store import LEASE, Store
from pipeline.errors import NotWritable, OutputError
from tests.jobs.transitions import Clock, Transitions


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = Store(tmp_path / "jobs", clock)
    yield store
    store.close()


def job(name: str, owner: str = "ann", priority: int = 1, created: float = 0.0) -> Job:
    return Job(name, "render", {"plate": name}, owner, priority, created)


def reached(done: int) -> dict[str, Reached]:
    return {"passes": Reached(done, 100, 0, 1.0, 2.0)}


def state(store: Store, name: str) -> State:
    found = store.find(name)
    assert found is not None
    return found.state


def test_a_job_comes_back_as_it_was_kept(store: Store) -> None:
    kept = Job("a", "render", {"frames": [1, 2], "recipe": {"title": "ü", "seed": None}}, "ann", 1, 5.0)
    store.add(kept)
    assert store.find("a") == kept
    assert store.find("b") is None


def test_a_store_is_found_again_by_another_program(store: Store) -> None:
    store.add(job("a"))
    other = Store(store.folder)
    claimed = other.claim("cpu")
    assert claimed is not None and claimed.attempt == 1
    assert store.claim("cuda") is None, "a job is given out once"
    assert state(store, "a") == "running"
    other.close()


def test_the_end_of_an_attempt_that_was_taken_over_is_refused(store: Store, clock: Clock) -> None:
    store.add(job("a"))
    slow = store.claim("elsewhere")
    assert slow is not None
    clock.now += LEASE / 2
    store.beat(slow, reached(3))
    clock.now += LEASE * 0.9
    store.recover("cpu")
    assert state(store, "a") == "running", "its lease was renewed"
    clock.now += LEASE
    store.recover("cpu")
    assert state(store, "a") == "queued"
    store.claim("cpu")
    with pytest.raises(JobError, match="taken over"):
        store.beat(slow, reached(4))
    with pytest.raises(JobError, match="taken over"):
        store.settle(slow, "done", reached(4))
    assert state(store, "a") == "running"


def crash(store: Store, done: int) -> State:
    """One attempt that gets to `done` frames before its process dies."""
    claimed = store.claim("cpu")
    assert claimed is not None
    store.beat(claimed, reached(done))
    store.recover("cpu")
    return state(store, "a")


def test_a_job_that_kills_its_process_twice_at_one_place_waits_for_a_person(store: Store) -> None:
    store.add(job("a"))
    assert [crash(store, 10), crash(store, 30), crash(store, 30)] == ["queued", "queued", "paused"]
    paused = store.find("a")
    assert paused is not None and paused.reason is not None and "twice" in paused.reason.message
    assert store.claim("cpu") is None
    store.move("a", "queued")
    assert crash(store, 30) == "queued", "a person has let it try again"


def test_what_is_asked_of_a_job_at_work_outlives_its_process(store: Store) -> None:
    endings: dict[str, State] = {"cancel": "cancelled", "pause": "paused"}
    for wish, ending in endings.items():
        store.add(job(wish))
        claimed = store.claim("cpu")
        assert claimed is not None
        store.move(wish, ending)
        assert store.beat(claimed, {}) == wish
        store.recover("cpu")
        assert state(store, wish) == ending


def test_a_job_at_work_is_not_removed(store: Store) -> None:
    store.add(job("a"))
    store.claim("cpu")
    with pytest.raises(JobError, match="Cancel it first"):
        store.remove("a")
    with pytest.raises(JobError, match="at work already"):
        store.move("a", "queued")
    with pytest.raises(JobError, match="no job b"):
        store.remove("b")


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(JobError, match="newer Photoplay"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Store(Path("/dev/full/jobs"))


def test_a_full_disk_is_one_sentence_after_the_room_put_aside_is_used(store: Store) -> None:
    """SQLite's own limit on pages stands for the disk; benchmarks/reliability fills a real one."""
    store.add(job("a"))
    pages = store._database._connection.execute("PRAGMA page_count").fetchone()[0]
    store._database._connection.execute(f"PRAGMA max_page_count = {pages}")
    reserve = store.folder / "reserve"
    assert reserve.stat().st_size == 1 << 20
    with pytest.raises(NotWritable, match="cannot be written: database or disk is full"):
        for number in range(400):
            store.add(job(f"more-{number}" * 50))
    assert not reserve.exists()
    store._database._connection.execute("PRAGMA max_page_count = 1000")
    store.move("a", "paused")
    assert state(store, "a") == "paused" and reserve.exists(), "room is put aside again when there is some"


def no_room(need: int = 1 << 20) -> Reason:
    return Reason("The disk is full.", "Make room.", Room("/", need))


def refusal(store: Store, done: int) -> int:
    """One attempt that gets to `done` frames before the disk is full; how often in a row that was at one place."""
    claimed = store.claim("cpu")
    assert claimed is not None
    store.settle(claimed, "paused", reached(done), no_room())
    paused = store.find("a")
    assert paused is not None and paused.state == "paused" and paused.reason == no_room()
    assert store.resume(paused)
    return paused.refusals


def test_pauses_for_lack_of_room_are_counted_until_the_job_gets_further(store: Store) -> None:
    store.add(job("a"))
    assert [refusal(store, 3), refusal(store, 3), refusal(store, 3), refusal(store, 5)] == [1, 2, 3, 1]
    going_on = store.claim("cpu")
    assert going_on is not None and going_on.reason is None


def test_a_pause_that_a_person_asked_for_does_not_end_by_itself(store: Store) -> None:
    store.add(job("a"))
    claimed = store.claim("cpu")
    assert claimed is not None
    store.settle(claimed, "paused", reached(1), no_room())
    waiting = store.find("a")
    assert waiting is not None
    store.move("a", "queued")
    store.move("a", "paused")
    assert not store.resume(waiting)
    assert state(store, "a") == "paused"


def test_the_jobs_of_an_owner_are_counted_and_listed(store: Store) -> None:
    for name, owner in (("a", "ann"), ("b", "bo"), ("c", "ann"), ("d", "ann")):
        store.add(job(name, owner, created=ord(name)))
    store.move("d", "cancelled")
    assert store.claim("cpu") is not None
    assert [found.id for found in store.jobs(owner="ann")] == ["a", "c", "d"]
    assert [found.id for found in store.jobs(("queued",), "ann")] == ["c"]
    assert (store.count("ann"), store.count("ann", ("queued",)), store.count("nobody")) == (2, 1, 0)


def test_a_job_makes_way_for_urgent_ones_at_once_and_for_other_owners_when_its_turn_is_over(store: Store) -> None:
    store.add(job("a"))
    claimed = store.claim("cpu")
    assert claimed is not None
    store.add(job("own"))
    store.add(job("training", "bo", 2))
    assert not store.outranked(claimed, turn_over=True)
    store.add(job("b", "bo"))
    assert not store.outranked(claimed, turn_over=False)
    assert store.outranked(claimed, turn_over=True)
    store.add(job("preview", "ann", 0))
    assert store.outranked(claimed, turn_over=False)


def test_a_store_of_the_first_version_is_upgraded_with_its_jobs(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as old:
        for statement in UPGRADES[0]:
            old.execute(statement)
        old.execute(
            "INSERT INTO jobs (id, kind, spec, owner, priority, created, state, attempt, message, hint) "
            "VALUES ('a', 'render', '{}', 'ann', 1, 5.0, 'paused', 2, 'The disk is full.', 'Make room.')"
        )
        old.execute("PRAGMA user_version = 1")
    store = Store(tmp_path)
    found = store.find("a")
    assert found is not None and found.reason == Reason("The disk is full.", "Make room.")
    assert (found.state, found.attempt, found.refusals, store.count("ann")) == ("paused", 2, 0, 1)
    store.close()
    Store(tmp_path).close()


def test_a_store_whose_file_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"does not answer.*put jobs\.sqlite3 aside"):
        Store(tmp_path)


def test_no_order_of_events_breaks_the_store(tmp_path: Path) -> None:
    machine = type("Here", (Transitions,), {"folder": tmp_path, "made": 0})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=40, deadline=None))
