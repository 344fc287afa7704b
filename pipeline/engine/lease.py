"""Who has the accelerator: one thread, and work that gives it up between steps.

Work is a generator that yields wherever another may go first. Before each step the thread looks who is first in line,
so a preview that arrives in the middle of a render runs to its end between two steps of it, while the render's
latents stay where they are, in the suspended generator.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from pipeline.errors import Cancelled

GRACE = 3.0
"""Seconds that closing waits for the step at work."""

Result = TypeVar("Result")
Work = Generator[None, None, Result]


class Priority(IntEnum):
    """Who goes first: a preview before a render, a render before training; equals in the order they came."""

    PREVIEW = 0
    RENDER = 1
    TRAINING = 2


@dataclass(eq=False)
class _Turn:
    """One piece of work in line. stops: it stops when any of them is set."""

    work: Work[Any]
    priority: Priority
    arrival: int
    stops: tuple[threading.Event, ...]
    ended: Future[Any] = field(default_factory=Future)

    @property
    def stopped(self) -> bool:
        """Whether somebody wants this work stopped."""
        return any(stop.is_set() for stop in self.stops)

    @property
    def place(self) -> tuple[bool, Priority, int]:
        """Smaller is earlier. Stopped work goes first, so that nobody waits for the news."""
        return not self.stopped, self.priority, self.arrival

    def advance(self) -> None:
        """One step. What the work returns or raises, whatever it is, belongs to the caller and not to this thread."""
        try:
            if self.stopped:
                self.work.throw(Cancelled())
            next(self.work)
        except StopIteration as end:
            self.ended.set_result(end.value)
        except BaseException as error:
            self.ended.set_exception(error)


class Lease:
    """Runs work on a thread of its own, which starts with the first piece."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: list[_Turn] = []
        self._arrivals = itertools.count()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self, work: Work[Result], priority: Priority, stop: threading.Event | None = None) -> Result:
        """Wait in line, run to the end and return what the work returns. Call it from any thread but the lease's own.

        Raises what the work raises; raises Cancelled between two steps once `stop` is set, or when the lease is closed.
        """
        stops = (self._closed,) if stop is None else (self._closed, stop)
        turn = _Turn(work, priority, next(self._arrivals), stops)
        with self._changed:
            if self._closed.is_set():
                raise Cancelled
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="accelerator", daemon=True)
                self._thread.start()
            self._line.append(turn)
            self._changed.notify()
        return turn.ended.result()

    def close(self, within: float = GRACE) -> None:
        """Stop all work between two steps and end the thread. Closing twice does no harm.

        within: seconds to wait for a long step. The thread does not keep the program from ending.
        """
        with self._changed:
            self._closed.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(within)

    def _serve(self) -> None:
        """The thread: advance whoever is first, until closed."""
        while (turn := self._first()) is not None:
            turn.advance()
            if turn.ended.done():
                with self._changed:
                    self._line.remove(turn)

    def _first(self) -> _Turn | None:
        """Whose turn it is; waits while nobody is in line; None when closed and everybody has been sent home."""
        with self._changed:
            self._changed.wait_for(lambda: self._line or self._closed.is_set())
            return min(self._line, key=lambda turn: turn.place, default=None)
