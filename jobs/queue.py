"""Who is next: priority first, then the owner who has waited longest for a turn, then age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.job import Job

Turns = Mapping[str, float]
"""Owner -> when a job of theirs was last started, in seconds since the epoch."""


def line(waiting: Iterable[Job], turns: Turns) -> list[Job]:
    """The queued jobs in the order in which they will be started, if nothing is added meanwhile.

    Owners of jobs of one priority take turns: whoever was served longest ago goes first, and whoever was never served
    before them. Each owner's own jobs go by age.
    """
    left = sorted(waiting, key=lambda job: (job.created, job.id))
    served: dict[str, float] = dict(turns)
    latest = max(served.values(), default=0.0)
    order: list[Job] = []
    while left:
        job = min(left, key=lambda job: (job.priority, served.get(job.owner, float("-inf"))))
        left.remove(job)
        order.append(job)
        latest += 1
        served[job.owner] = latest
    return order


def first_in_line(waiting: Iterable[Job], turns: Turns) -> Job | None:
    """The job that `line` puts first, without putting the others in order; None when nobody waits."""

    def order(job: Job) -> tuple[int, float, float, str]:
        return job.priority, turns.get(job.owner, float("-inf")), job.created, job.id

    return min(waiting, key=order, default=None)
