"""How far the work has come, told to whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from pipeline.errors import Cancelled
from pipeline.frames import Picture


@dataclass(frozen=True)
class Step:
    """One piece of news: `done` of `total` frames of `stage`, `reused` of them from the cache; the newest picture.

    lasting: what is done stays done, so that the work may be stopped here and goes on from here.
    """

    stage: str
    done: int
    total: int
    reused: int = 0
    newest: Picture | None = None
    lasting: bool = False


def silent(step: Step) -> None:
    """The listener for those who do not want to know."""


@dataclass(frozen=True)
class Progress:
    """Carries news out and the wish to stop in. One for each render, preview or measurement."""

    listen: Callable[[Step], None] = silent
    stop: Event | None = None

    def say(self, stage: str, done: int, total: int, reused: int | None = None, newest: Picture | None = None) -> None:
        """Tell the listener, then raise Cancelled if the person asked to stop.

        reused: None in a stage that begins anew whenever it is stopped; a number, which may be 0, in one that goes on.
        """
        self.listen(Step(stage, done, total, reused or 0, newest, reused is not None))
        self.check()

    def check(self) -> None:
        """Raise Cancelled if the person asked to stop."""
        if self.stop is not None and self.stop.is_set():
            raise Cancelled
