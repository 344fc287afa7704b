"""The pages' view of the render jobs: a browser knows its newest one by an id, and finds it again whatever happened."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from jobs.executor import Newest
from jobs.job import Job, State
from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.recipe.recipe import Recipe
from pipeline.version import Patch
from studio import Studio
from verbs.orders import asks_for
from verbs.renders import RESUMABLE

STAGES = {"passes": "Passes", "deliver": "Deliver", "measure": "Measure"}
"""What every render goes through, in order, and what the page calls it. Some recipes have stages before these."""
AT_WORK: frozenset[State] = frozenset({"queued", "running"})


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
    """The renders that pages have asked for. One that is another owner's is as unknown as one that never was."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._lock = studio, Lock()

    def find(self, owner: str, run_id: str) -> Run | None:
        """The owner's render with this id; None when there never was one or it was removed."""
        jobs = self._studio.jobs_of(owner)
        job = jobs.find(run_id)
        return None if job is None else Run(job, jobs.place(run_id), jobs.newest(run_id))

    def start(
        self, owner: str, shot: Shot, recipe: Recipe, frames: FrameRange, previous: str, patch: Patch | None = None
    ) -> str:
        """Put a render in line in the place of this browser's previous one, and give its id.

        patch: the stretch of a version of these frames that is redone; None renders them all. A previous render that
        did not finish goes on when nothing has changed since. Raises PhotoplayError when the previous one is still at
        work, or when the render would be refused.
        """
        with self._lock:
            last = self.find(owner, previous)
            if last is not None and last.at_work:
                raise PhotoplayError("Your last render is still at work.", "Wait for it, or stop it on the Render tab.")
            if last is not None and last.resumable:
                if asks_for(last.job, shot, recipe, frames, patch):
                    return self._studio.renders.go_on(owner, previous).id
                if last.job.state == "paused":
                    self.stop(owner, previous)
            return self._studio.renders.submit(owner, shot, recipe, frames, patch=patch).id

    def pause(self, owner: str, run_id: str) -> None:
        """Ask a render to pause after the step it is at. Raises PhotoplayError."""
        self._studio.jobs_of(owner).pause(run_id)

    def stop(self, owner: str, run_id: str) -> None:
        """Ask a render to stop after the step it is at. Raises PhotoplayError."""
        self._studio.jobs_of(owner).cancel(run_id)
