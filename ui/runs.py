"""Renders that outlive the page: each works in a thread of the server, and a page finds its own again by an id."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Literal

from pipeline.clip.shot import Shot
from pipeline.errors import Cancelled, PhotoplayError
from pipeline.frames import FrameRange, Picture
from pipeline.progress import Progress, Step
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Rendered
from studio import Studio
from ui.say import attempt

STAGES = {"passes": "Passes", "deliver": "Deliver", "measure": "Measure"}
"""What a render goes through, in order, and what the page calls it."""


@dataclass(frozen=True)
class Stage:
    """How far one stage is. started, heard: seconds on the monotonic clock, of its first and its newest news."""

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


@dataclass(frozen=True)
class Outcome:
    """How a render ended. warnings: what it had to leave out."""

    kind: Literal["finished", "stopped", "failed"]
    message: str
    hint: str = ""
    warnings: tuple[str, ...] = ()


@dataclass
class Run:
    """One render: written by its own thread alone, read by the pages. pictures: how many `newest` there have been."""

    order: Order
    stop: Event = field(default_factory=Event)
    stages: dict[str, Stage] = field(default_factory=dict)
    newest: Picture | None = None
    pictures: int = 0
    rendered: Rendered | None = None
    outcome: Outcome | None = None

    @property
    def unfinished(self) -> bool:
        """Whether it ended before its last frame was delivered and measured."""
        return self.outcome is not None and self.outcome.kind != "finished"

    def hear(self, step: Step) -> None:
        """Take note of a piece of news."""
        now = time.monotonic()
        known = self.stages.get(step.stage)
        stage = Stage(step.done, step.total, step.reused, known.started if known else now, now)
        self.stages = {**self.stages, step.stage: stage}
        if step.newest is not None:
            self.newest, self.pictures = step.newest, self.pictures + 1

    def work(self, render: Callable[[Order, Progress], Rendered]) -> None:
        """Render to the end, to a stop or to a fault, and say which."""
        try:
            made = attempt(lambda: render(self.order, Progress(self.hear, self.stop)))
            self.rendered = made if isinstance(made, Rendered) else None
            self.outcome = _outcome(made)
        finally:
            if self.outcome is None:
                fault = "The render broke off through a fault in Photoplay."
                self.outcome = Outcome("failed", fault, "Finished frames are kept; the server's log says more.")


class Runs:
    """The newest render of every browser, by an id that only that browser knows. Used inside `with`."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._runs: dict[str, Run] = {}
        self._threads: list[Thread] = []
        self._lock = Lock()

    def find(self, run_id: str) -> Run | None:
        """The render with this id; None when the server has been started anew since, or there never was one."""
        return self._runs.get(run_id)

    def start(self, shot: Shot, recipe: Recipe, frames: FrameRange, previous: str) -> str:
        """Start to render in the place of this browser's previous render, and give the id of the new one.

        It goes into the shot's next version folder, or on in the previous one's when that did not finish and nothing
        has changed since. Raises PhotoplayError when the previous one is still at work.
        """
        with self._lock:
            last = self._runs.get(previous)
            if last is not None and last.outcome is None:
                raise PhotoplayError("Your last render is still at work.", "Wait for it, or stop it on the Render tab.")
            run = Run(Order(shot, recipe, frames, self._folder(shot, recipe, frames, last)))
            self._runs.pop(previous, None)
            run_id = secrets.token_urlsafe(16)
            self._runs[run_id] = run
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._threads.append(Thread(target=run.work, args=[self._studio.render], name=f"render {shot.name}"))
            self._threads[-1].start()
        return run_id

    def stop(self, run_id: str) -> None:
        """Ask a render to stop after the batch it is at."""
        run = self.find(run_id)
        if run is not None:
            run.stop.set()

    def close(self) -> None:
        """Stop every render and wait until what is finished is safe."""
        for run in self._runs.values():
            run.stop.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Runs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _folder(self, shot: Shot, recipe: Recipe, frames: FrameRange, last: Run | None) -> Path:
        if last is not None and last.unfinished and last.order == Order(shot, recipe, frames, last.order.out):
            return last.order.out
        taken = [run.order.out for run in self._runs.values() if run.outcome is None]
        return next_version(self._studio.home / "renders" / folder_name(shot.name), taken)


def next_version(folder: Path, taken: Iterable[Path]) -> Path:
    """The next free one of v001, v002, ... in a shot's folder."""
    paths = [*folder.glob("v*"), *(path for path in taken if path.parent == folder)]
    numbers = [int(path.name[1:]) for path in paths if path.name[1:].isdigit()]
    return folder / f"v{max(numbers, default=0) + 1:03d}"


def folder_name(shot_name: str) -> str:
    """The name of a shot as the name of a folder."""
    return re.sub(r"[^\w-]+", "_", shot_name).strip("_") or "shot"


def _outcome(made: Rendered | PhotoplayError) -> Outcome:
    if isinstance(made, Cancelled):
        return Outcome("stopped", "Stopped.", "Finished frames are kept: render again to go on.")
    if isinstance(made, PhotoplayError):
        return Outcome("failed", made.message, made.hint)
    return Outcome("finished", "Finished.", warnings=made.version.warnings)
