"""A job: what is asked for, by whom, how far it is, and which states may follow which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import PhotoplayError

Plain = str | int | float | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]
"""What JSON can hold."""

State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
Wish = Literal["pause", "cancel"]
"""What somebody has asked of a job that is at work."""

FOLLOWING: Mapping[State, frozenset[State]] = {
    "queued": frozenset({"running", "paused", "cancelled"}),
    "running": frozenset({"queued", "paused", "done", "failed", "cancelled"}),
    "paused": frozenset({"queued", "cancelled"}),
    "failed": frozenset({"queued", "cancelled"}),
    "cancelled": frozenset({"queued"}),
    "done": frozenset(),
}
"""Which states may follow which. Running goes back to queued when its server is stopped or has died."""

UNFINISHED: frozenset[State] = frozenset({"queued", "running", "paused"})
"""States of jobs that are still to come to an end."""


class JobError(PhotoplayError):
    """There is no such job, or it is not in a state for what is asked."""


class StoreError(PhotoplayError):
    """The list of jobs does not answer: its file is damaged, locked for too long, or closed."""


@dataclass(frozen=True)
class Reached:
    """How far one stage of a job is: `done` of `total` frames, `reused` of them finished earlier.

    started, heard: seconds since the epoch, of its first and its newest news.
    """

    done: int
    total: int
    reused: int
    started: float
    heard: float

    @property
    def seconds_a_frame(self) -> float | None:
        """Time for one frame that had to be made; None before the first."""
        fresh = self.done - self.reused
        return (self.heard - self.started) / fresh if fresh > 0 else None

    def seconds_left(self, now: float) -> float | None:
        """Until this stage is finished; None when nothing can be said yet."""
        pace = self.seconds_a_frame
        return None if pace is None else max(pace * (self.total - self.done) - (now - self.heard), 0)


Stages = Mapping[str, Reached]
"""How far each stage is that a job has come to, in the order in which it came to them."""


@dataclass(frozen=True)
class Room:
    """What a paused job waits for: that `need` bytes can be written at `place`."""

    place: str
    need: int


@dataclass(frozen=True)
class Reason:
    """Why a job is paused or has failed: what is wrong, and what to do about it.

    room: set when the job goes on by itself once there is that room.
    """

    message: str
    hint: str = ""
    room: Room | None = None


@dataclass(frozen=True)
class Job:
    """One job as the store has it. Times are seconds since the epoch.

    kind: which function carries it out. spec: everything that function needs. priority: smaller goes first.
    attempt: how often it has been started. crashes: how often in a row its process died without getting any further;
    refusals: how often in a row it was paused for lack of room without getting any further.
    reason: set while paused or failed. wish: set from the moment a running job is asked to pause or to end.
    """

    id: str
    kind: str
    spec: Mapping[str, Plain]
    owner: str
    priority: int
    created: float
    state: State = "queued"
    started: float | None = None
    finished: float | None = None
    attempt: int = 0
    crashes: int = 0
    refusals: int = 0
    stages: Stages = field(default_factory=dict[str, Reached])
    reason: Reason | None = None
    wish: Wish | None = None
