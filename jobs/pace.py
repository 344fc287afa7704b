"""How often the jobs are looked at, and how long anything may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds.

    beat: between two looks at the store: for new jobs, for what is asked of the one at work, to renew its lease.
    check, longest_check: before a job that is paused for lack of room is looked at for the first time, and at most.
    turn: of new work after which a job makes way for other people's jobs, if there are any.
    grace: for the job at work to stop when the program is closed; its lease is given back then, stopped or not.
    longest_wait: between two tries when the store fails again and again.
    """

    beat: float = 0.5
    check: float = 5.0
    longest_check: float = 300.0
    turn: float = 120.0
    grace: float = 12.0
    longest_wait: float = 30.0


USUAL = Pace()
