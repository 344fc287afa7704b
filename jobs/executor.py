"""What the rest of Photoplay asks of whoever carries out jobs, on this machine or on many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from jobs.job import UNFINISHED, Job, Plain, State
from pipeline.frames import Picture
from pipeline.progress import Progress

Work = Callable[[Job, Progress], None]
"""Carries out a job of one kind: tells how far it is, stops when it is asked to, and goes on from what is finished.

News with a number of reused frames, be it 0, say that the job may be stopped there and loses nothing; only then does it
make way for more urgent jobs and for other people's. Raises PhotoplayError; NotWritable when it may go on later.
"""


@dataclass(frozen=True)
class Request:
    """A job that is asked for; the fields mean what they mean in a Job."""

    kind: str
    spec: Mapping[str, Plain]
    owner: str
    priority: int


@dataclass(frozen=True, eq=False)
class Newest:
    """The newest picture of a job at work, and how many there have been."""

    picture: Picture
    count: int


class Executor(Protocol):
    """Takes jobs and carries them out, each once at a time, whatever becomes of the program around it.

    The verbs raise JobError when there is no such job or its state does not allow it, NotWritable when that cannot be
    noted down, and StoreError when the list of jobs does not answer.
    """

    @property
    def healthy(self) -> bool:
        """Whether jobs are being looked after; false from a fault of the list of jobs until it answers again."""
        ...

    def submit(self, request: Request) -> Job:
        """Put a job in line."""
        ...

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        ...

    def jobs(self, owner: str | None = None) -> list[Job]:
        """Every job, or every job of one owner, oldest first."""
        ...

    def count(self, owner: str, states: Iterable[State] = UNFINISHED) -> int:
        """How many jobs of an owner are in one of these states."""
        ...

    def place(self, job_id: str) -> int | None:
        """How many jobs start before this one; None when it is not in line."""
        ...

    def newest(self, job_id: str) -> Newest | None:
        """The newest picture of a job, while the program that carries it out is this one."""
        ...

    def pause(self, job_id: str) -> None:
        """Stop a job soon, with everything finished kept, until somebody lets it go on."""
        ...

    def cancel(self, job_id: str) -> None:
        """End a job soon. It can still be taken up again."""
        ...

    def go_on(self, job_id: str) -> None:
        """Put a job that is paused, failed or cancelled back in line."""
        ...

    def remove(self, job_id: str) -> None:
        """Forget a job that is not at work."""
        ...

    def start(self) -> None:
        """Begin to carry out jobs, with those that were at work when the program ended."""
        ...

    def close(self) -> None:
        """Stop what is at work, leave it in line, and let go of everything, within 20 seconds."""
        ...
