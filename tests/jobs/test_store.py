"""The store: its states, its leases, and that it can be written on a full disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs.job import FOLLOWING, Job, JobError, Reached, State
from jobs.store import LEASE, Store
from pipeline.errors import NotWritable, OutputError

OWNERS = ("ann", "bo", "cy")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


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
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    reserve = store.folder / "reserve"
    assert reserve.stat().st_size == 1 << 20
    with pytest.raises(NotWritable, match="cannot be written: database or disk is full"):
        for number in range(400):
            store.add(job(f"more-{number}" * 50))
    assert not reserve.exists()
    store._connection.execute("PRAGMA max_page_count = 1000")
    store.move("a", "paused")
    assert state(store, "a") == "paused" and reserve.exists(), "room is put aside again when there is some"


class Transitions(RuleBasedStateMachine):
    """Anything in any order, by two programs on one store, against a model of what must hold."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        for path in self.folder.glob("*"):
            path.unlink()
        self.programs = [Store(self.folder, self.clock), Store(self.folder, self.clock)]
        self.model: dict[str, State] = {}
        self.held: dict[str, Job] = {}

    def teardown(self) -> None:
        for program in self.programs:
            program.close()

    def seen(self) -> dict[str, State]:
        return {kept.id: kept.state for kept in self.programs[0].jobs()}

    @rule(program=st.sampled_from([0, 1]), owner=st.sampled_from(OWNERS), priority=st.integers(0, 2))
    def add(self, program: int, owner: str, priority: int) -> None:
        self.clock.now += 1
        name = f"job-{self.clock.now}"
        self.programs[program].add(job(name, owner, priority, self.clock.now))
        self.model[name] = "queued"

    @rule(program=st.sampled_from([0, 1]))
    def claim(self, program: int) -> None:
        self.clock.now += 1
        claimed = self.programs[program].claim(f"holder-{program}")
        assert (claimed is None) == ("queued" not in self.model.values())
        if claimed is not None:
            assert self.model[claimed.id] == "queued"
            self.model[claimed.id] = "running"
            self.held[claimed.id] = claimed

    @precondition(lambda self: self.model)
    @rule(data=st.data(), program=st.sampled_from([0, 1]), to=st.sampled_from(sorted(FOLLOWING)))
    def move(self, data: st.DataObject, program: int, to: State) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        before = self.model[name]
        asked = ("paused", "cancelled") if before == "running" else ("queued", "paused", "cancelled")
        allowed = to in FOLLOWING[before] and to in asked
        try:
            self.programs[program].move(name, to)
        except JobError:
            assert not allowed
            return
        assert allowed
        if before != "running":
            self.model[name] = to

    @precondition(lambda self: self.held)
    @rule(data=st.data(), to=st.sampled_from(["queued", "paused", "done", "failed", "cancelled"]))
    def settle(self, data: st.DataObject, to: State) -> None:
        name = data.draw(st.sampled_from(sorted(self.held)))
        held = self.held.pop(name)
        try:
            self.programs[0].settle(held, to, reached(1))
        except JobError:
            assert self.model.get(name) != "running" or self.programs[1].find(name) != held
            return
        assert self.model[name] == "running"
        self.model[name] = to

    @rule(program=st.sampled_from([0, 1]))
    def die(self, program: int) -> None:
        """A process dies, and the next one with its accelerator finds what it left."""
        self.programs[program].recover(f"holder-{program}")
        for name, now in self.seen().items():
            if self.model[name] == "running" and now != "running":
                assert now in ("queued", "paused", "cancelled")
                self.model[name] = now

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        try:
            self.programs[1].remove(name)
        except JobError:
            assert self.model[name] == "running"
            return
        del self.model[name]

    @invariant()
    def nothing_is_lost_doubled_or_in_another_state(self) -> None:
        assert self.seen() == self.model


def test_no_order_of_events_breaks_the_store(tmp_path: Path) -> None:
    machine = type("Here", (Transitions,), {"folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=40, deadline=None))
