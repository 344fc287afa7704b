"""Anything in any order, by two programs on one store, against a model of what must hold."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobs.job import FOLLOWING, Job, JobError, Reached, Reason, Room, State
from jobs.store import LEASE, Store

OWNERS = ("ann", "bo", "cy")
FULL = Reason("The disk is full.", "Make room.", Room("/", 1 << 20))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Transitions(RuleBasedStateMachine):
    """The store of `folder`; a subclass for each test says which."""

    folder: Path
    made = 0

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        for path in self.folder.glob("*"):
            path.unlink()
        self.programs = [Store(self.folder, self.clock), Store(self.folder, self.clock)]
        self.model: dict[str, State] = {}
        self.owners: dict[str, str] = {}
        self.held: dict[str, Job] = {}
        self.for_room: set[str] = set()

    def teardown(self) -> None:
        for program in self.programs:
            program.close()

    def seen(self) -> dict[str, State]:
        return {kept.id: kept.state for kept in self.programs[0].jobs()}

    def enter(self, name: str, state: State) -> None:
        self.model[name] = state
        self.for_room.discard(name)

    @rule(program=st.sampled_from([0, 1]), owner=st.sampled_from(OWNERS), priority=st.integers(0, 2))
    def add(self, program: int, owner: str, priority: int) -> None:
        self.clock.now += 1
        name = f"job-{self.clock.now}"
        self.programs[program].add(Job(name, "render", {}, owner, priority, self.clock.now))
        self.owners[name] = owner
        self.enter(name, "queued")

    @rule(program=st.sampled_from([0, 1]))
    def claim(self, program: int) -> None:
        self.clock.now += 1
        line = self.programs[1 - program].waiting()
        claimed = self.programs[program].claim(f"holder-{program}")
        assert (None if claimed is None else claimed.id) == (line[0].id if line else None)
        if claimed is not None:
            assert self.model[claimed.id] == "queued"
            assert claimed.priority == min(job.priority for job in line)
            assert claimed.reason is None and claimed.wish is None
            self.enter(claimed.id, "running")
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
            self.enter(name, to)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), done=st.integers(0, 9))
    def beat(self, data: st.DataObject, done: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.held)))
        held = self.held[name]
        try:
            self.programs[0].beat(held, {"passes": Reached(done, 9, 0, 1.0, 2.0)})
        except JobError:
            assert not self.is_held(held)
            return
        assert self.is_held(held)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), to=st.sampled_from(["queued", "paused", "done", "failed", "cancelled", "no room"]))
    def settle(self, data: st.DataObject, to: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.held)))
        held = self.held.pop(name)
        ours = self.is_held(held)
        state: State = "paused" if to == "no room" else to  # pyright: ignore[reportAssignmentType]
        reason = FULL if to == "no room" else None
        try:
            self.programs[0].settle(held, state, {"passes": Reached(1, 9, 0, 1.0, 2.0)}, reason)
        except JobError:
            assert not ours
            return
        assert ours
        self.enter(name, state)
        if reason is not None:
            self.for_room.add(name)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), program=st.sampled_from([0, 1]))
    def room_is_made(self, data: st.DataObject, program: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        found = self.programs[program].find(name)
        assert found is not None
        waits = found.reason is not None and found.reason.room is not None
        assert waits == (name in self.for_room)
        if waits:
            assert self.programs[program].resume(found)
            assert not self.programs[1 - program].resume(found), "a job goes on once"
            self.enter(name, "queued")

    @rule(program=st.sampled_from([0, 1]), late=st.booleans())
    def die(self, program: int, late: bool) -> None:
        """A process dies, and the next one with its accelerator finds what it left, in time or after the lease."""
        self.clock.now += 2 * LEASE if late else 1
        self.programs[program].recover(f"holder-{program}")
        for name, now in self.seen().items():
            if self.model[name] == "running" and now != "running":
                assert now in ("queued", "paused", "cancelled")
                self.enter(name, now)

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
        self.for_room.discard(name)

    @invariant()
    def nothing_is_lost_doubled_or_in_another_state(self) -> None:
        type(self).made += 1
        assert self.seen() == self.model
        for owner in OWNERS:
            waiting = [name for name, state in self.model.items() if state == "queued" and self.owners[name] == owner]
            assert self.programs[1].count(owner, ("queued",)) == len(waiting)

    def is_held(self, held: Job) -> bool:
        """Whether this attempt is still the one at work."""
        now = self.programs[1].find(held.id)
        return now is not None and now.state == "running" and now.attempt == held.attempt
