"""Who is next: urgency, then fair turns, then age."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs.job import Job
from jobs.queue import first_in_line, line


def job(name: str, owner: str, created: float, priority: int = 1) -> Job:
    return Job(name, "render", {}, owner, priority, created)


def names(order: list[Job]) -> str:
    return " ".join(job.id for job in order)


def test_owners_take_turns_and_their_own_jobs_go_by_age() -> None:
    waiting = [job("a1", "ann", 1), job("a2", "ann", 2), job("a3", "ann", 3), job("b1", "bo", 4), job("b2", "bo", 5)]
    assert names(line(waiting, {})) == "a1 b1 a2 b2 a3"
    assert names(line(waiting, {"ann": 10.0})) == "b1 a1 b2 a2 a3"
    assert names(line(waiting, {"ann": 10.0, "bo": 11.0})) == "a1 b1 a2 b2 a3"


def test_urgent_jobs_go_first_whoever_is_next() -> None:
    waiting = [job("render", "ann", 1, 1), job("training", "bo", 0, 2), job("preview", "ann", 9, 0)]
    assert names(line(waiting, {"ann": 100.0})) == "preview render training"


jobs = st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 100), st.integers(0, 2)), max_size=30).map(
    lambda rows: [job(str(n), owner, created, priority) for n, (owner, created, priority) in enumerate(rows)]
)
turns = st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1e9))


@given(jobs, turns)
def test_nobody_is_left_out_and_nobody_waits_longer_than_a_round(waiting: list[Job], turns: dict[str, float]) -> None:
    order = line(waiting, turns)
    assert first_in_line(waiting, turns) == (order[0] if order else None)
    assert sorted(job.id for job in order) == sorted(job.id for job in waiting)
    assert [job.priority for job in order] == sorted(job.priority for job in order)
    for priority in {job.priority for job in order}:
        same = [job for job in order if job.priority == priority]
        for place, first in enumerate(same):
            own = [later for later in same[place + 1 :] if later.owner == first.owner]
            others = {later.owner for later in same[place + 1 :]} - {first.owner}
            if own and others:
                between = same[place + 1 : same.index(own[0])]
                assert others <= {later.owner for later in between}
        for owner in {job.owner for job in same}:
            ages = [job.created for job in same if job.owner == owner]
            assert ages == sorted(ages)
