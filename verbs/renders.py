"""Renders: the studio's verbs for shots that are put in line, taken up again, and looked at before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.executor import Executor, Request
from jobs.job import UNFINISHED, Job, JobError, State
from jobs.owned import OwnedJobs
from pipeline.clip.attach import shot_at
from pipeline.clip.shot import Shot
from pipeline.engine.lease import Priority
from pipeline.errors import FootageError, OutputError, RefusedFile
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.plan import RenderPlan, plan_render
from pipeline.recipe.recipe import Recipe
from pipeline.version import OutFolder, Patch
from verbs.mattes import PaintedMattes
from verbs.orders import (
    footage_of,
    frames_of,
    out_of,
    outdated,
    passes_of,
    patch_of,
    plate_of,
    recipe_of,
    shot_name_of,
    spec_of,
)
from verbs.training_results import check_worn
from workspaces.home import LOCAL
from workspaces.rooms import Rooms

if TYPE_CHECKING:
    from pipeline.render import Order, Tools

RENDER = "render"
"""The kind of the jobs that render a shot."""
RESUMABLE: frozenset[State] = frozenset({"paused", "failed", "cancelled"})
"""States of jobs that can be taken up again."""


class Renders:
    """Orders and the jobs that hold them. Verbs that name an owner reach nothing that is another's."""

    def __init__(
        self,
        rooms: Rooms,
        models: ModelStore,
        mattes: PaintedMattes,
        tools: Callable[[], Tools],
        jobs: Callable[[], Executor],
    ) -> None:
        """tools, jobs: asked for late, because the accelerator and the store come with the first work for them."""
        self._rooms, self._models, self._mattes = rooms, models, mattes
        self._tools, self._jobs = tools, jobs

    def order(self, owner: str, shot: Shot, recipe: Recipe, frames: FrameRange) -> Order:
        """What an owner may ask to see at once, with what they have painted at hand. Raises ModelMissing."""
        from pipeline.render import Order

        check_worn(self._rooms.home, owner, recipe, self._models)
        return Order(self._mattes.at_hand(owner, shot), recipe, frames, self._rooms.home.folder)

    def submit(
        self,
        owner: str,
        shot: Shot,
        recipe: Recipe,
        frames: FrameRange,
        out: Path | None = None,
        patch: Patch | None = None,
    ) -> Job:
        """Put a render in line. It is written to `out`, or to the shot's next version folder in the owner's workspace.

        patch: a stretch of a version of the owner's that holds these frames: it alone is rendered, and laid into it.
        Raises OverQuota, RefusedFile for what is another's, and FootageError, ModelMissing or NotWritable for what
        would be refused later anyway.
        """
        from pipeline.patched import check_patch
        from pipeline.render import check_order

        self._rooms.check_shot(owner, shot)
        order = self.order(owner, shot, recipe, frames)
        if patch is None:
            plan = check_order(order.shot, recipe, frames, self._tools())
        else:
            self._check_version(owner, patch.base)
            plan = check_patch(replace(order, out=patch.base, patch=patch), self._tools())
        self._rooms.quota.check_job(owner, self._jobs().count(owner, ("queued",)))
        folder = self._rooms.new_version(owner, shot) if out is None else out
        spec = spec_of(replace(order, out=folder, patch=patch), plan)
        return self._jobs().submit(Request(RENDER, spec, owner, Priority.RENDER))

    def go_on(self, owner: str, job_id: str) -> Job:
        """Put a render of an owner's that is paused, failed or cancelled back in line.

        What was begun with weights that have changed since cannot be finished with others: then a new version is put
        in line instead. Raises JobError, and whatever `submit` raises.
        """
        job = OwnedJobs(self._jobs(), owner).job(job_id)
        if job.kind == RENDER and job.state in RESUMABLE:
            order = self.order_of(job)
            if outdated(order, self._plan(order)):
                if job.state == "paused":
                    self._jobs().cancel(job.id)
                return self.submit(owner, order.shot, order.recipe, order.frames, patch=order.patch)
        self._jobs().go_on(job.id)
        return self._jobs().job(job.id)

    def again(self, owner: str, job_id: str) -> Job:
        """Put what a render of an owner's was asked for in line once more, as a new version.

        Raises JobError, and whatever `submit` raises.
        """
        order = self.order_of(OwnedJobs(self._jobs(), owner).job(job_id))
        return self.submit(owner, order.shot, order.recipe, order.frames, patch=order.patch)

    def shot_of(self, job: Job) -> Shot:
        """The shot that a render job renders, as it is now; passes may have been removed. Raises FootageError."""
        passes = passes_of(job)
        there = passes if passes is not None and passes.is_dir() else None
        shot = shot_at(plate_of(job), footage_of(job), there, self._rooms.home.facts)
        return self._mattes.at_hand(job.owner, replace(shot, name=shot_name_of(job)))

    def order_of(self, job: Job) -> Order:
        """What a render job was asked for. Raises FootageError when its plate is gone or has changed."""
        from pipeline.render import Order

        shot = self.shot_of(job)
        if shot.key != job.spec["key"]:
            raise FootageError(f"{shot.plate} has changed since the render was put in line.", "Render it anew.")
        if passes_of(job) is not None and shot.rendered is None:
            raise FootageError(
                f"The engine passes of {shot.name} were removed since the render was put in line.", "Render it anew."
            )
        return Order(shot, recipe_of(job), frames_of(job), out_of(job), patch_of(job))

    def ready(self, job: Job) -> Order:
        """The same, where it can still be finished. Raises OutputError when it was begun with other weights."""
        order = self.order_of(job)
        if reason := outdated(order, self._plan(order)):
            raise OutputError(reason, "Go on with it: it is then rendered into a new version.")
        return order

    def all(self) -> list[Job]:
        """Everyone's renders, in line, at work and ended."""
        return [job for job in self._jobs().jobs() if job.kind == RENDER]

    def passes_in_use(self, owner: str) -> list[Path]:
        """The folders of passes that an owner's renders read which have not come to an end."""
        return [passes for job in self._unfinished(owner) if (passes := passes_of(job)) is not None]

    def remove_shot(self, owner: str, shot_id: str) -> None:
        """Delete one of an owner's shots with all its versions. Raises FootageError, JobError while it is rendered."""
        folder = (self._rooms.home.workspace(owner) / shot_id).resolve()
        if any(out_of(job).parent.resolve() == folder for job in self._unfinished(owner)):
            raise JobError("This shot has renders in line or at work.", "Stop them first.")
        self._rooms.remove_shot(owner, shot_id)

    def _unfinished(self, owner: str) -> list[Job]:
        return [job for job in self.all() if job.owner == owner and job.state in UNFINISHED]

    def _plan(self, order: Order) -> RenderPlan:
        return plan_render(order.shot, order.recipe, self._models, self._rooms.home.cache)

    def _check_version(self, owner: str, version: Path) -> None:
        if owner != LOCAL and not self._rooms.exchange.may_read(owner, OutFolder(version).manifest):
            raise RefusedFile("There is no such version.", "Choose one of yours.")
