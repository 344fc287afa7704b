"""The pages' view of the render jobs: a browser knows its newest one by an id, and finds it again whatever happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from jobs.executor import Newest
from jobs.job import Job, State
from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order
from studio import Studio, out_of, spec_of

STAGES = {"passes": "Passes", "deliver": "Deliver", "measure": "Measure"}
"""What a render goes through, in order, and what the page calls it."""
AT_WORK: frozenset[State] = frozenset({"queued", "running"})
RESUMABLE: frozenset[State] = frozenset({"paused", "failed", "cancelled"})


@dataclass(frozen=True)
class Run:
    """A render job as a page sees it. place: how many jobs start before it; None when it is not in line."""

    job: Job
    place: int | None
    newest: Newest | None

    @property
    def at_work(self) -> bool:
        """Whether it is being carried out or waits for its turn."""
        return self.job.state in AT_WORK

    @property
    def resumable(self) -> bool:
        """Whether it can be taken up again."""
        return self.job.state in RESUMABLE

    @property
    def seen(self) -> str:
        """What changes with every picture there is to see."""
        return f"{self.job.attempt}.{0 if self.newest is None else self.newest.count}.{self.job.state == 'done'}"

    def is_of(self, shot: Shot) -> bool:
        """Whether it renders this shot."""
        return self.job.spec["key"] == shot.key


class Runs:
    """The renders that pages have asked for."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._lock = studio, Lock()

    def find(self, run_id: str) -> Run | None:
        """The render with this id; None when there never was one or it was removed."""
        jobs = self._studio.jobs
        job = next((job for job in jobs.jobs() if job.id == run_id), None)
        return None if job is None else Run(job, jobs.place(run_id), jobs.newest(run_id))

    def start(self, shot: Shot, recipe: Recipe, frames: FrameRange, previous: str) -> str:
        """Put a render in line in the place of this browser's previous one, and give its id.

        A previous one that did not finish goes on when nothing has changed since. Raises PhotoplayError when the
        previous one is still at work, or when the render would be refused.
        """
        with self._lock:
            last = self.find(previous)
            if last is not None and last.at_work:
                raise PhotoplayError("Your last render is still at work.", "Wait for it, or stop it on the Render tab.")
            if last is not None and last.resumable:
                if _same(last.job.spec, Order(shot, recipe, frames, out_of(last.job))):
                    self._studio.jobs.go_on(previous)
                    return previous
                if last.job.state == "paused":
                    self._studio.jobs.cancel(previous)
            return self._studio.submit_render(shot, recipe, frames).id

    def pause(self, run_id: str) -> None:
        """Ask a render to pause after the step it is at. Raises PhotoplayError."""
        self._studio.jobs.pause(run_id)

    def stop(self, run_id: str) -> None:
        """Ask a render to stop after the step it is at. Raises PhotoplayError."""
        self._studio.jobs.cancel(run_id)


def _same(spec: Mapping[str, object], order: Order) -> bool:
    return spec == spec_of(order)
