"""The studio: the one place where the parts are put together. Its verbs are what the web app and the CLI call."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from jobs.executor import Executor, Request, Work
from jobs.job import UNFINISHED, Job, JobError, State
from jobs.local import LocalExecutor
from jobs.owned import OwnedJobs
from jobs.store import Store
from pipeline.cache import Cleared, clear
from pipeline.clip.attach import with_passes
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.engine.lease import Priority
from pipeline.errors import FootageError, OutputError, RefusedFile
from pipeline.frames import FrameRange, Picture
from pipeline.models.machine import load_machine
from pipeline.models.store import ModelStore
from pipeline.plan import RenderPlan, plan_render
from pipeline.progress import Progress
from pipeline.recipe.footage import AS_FOUND, Footage
from pipeline.recipe.recipe import Recipe
from pipeline.version import OutFolder, Patch
from verbs.attachments import Attachments
from verbs.fittings import Fittings
from verbs.looks import Looks, PresetStatus, find_recipe, presets
from verbs.mattes import PaintedMattes
from verbs.orders import (
    footage_of,
    frames_of,
    keys_of,
    out_of,
    outdated,
    passes_of,
    patch_of,
    plate_of,
    recipe_of,
    shot_name_of,
    spec_of,
)
from verbs.references import References
from verbs.shelf import Shelf
from verbs.sights import Sights
from verbs.training_orders import TRAIN, Bench
from verbs.training_trials import PROBE, SHEET
from verbs.trainings import Trainings
from workspaces.home import LOCAL, Home
from workspaces.limits import GB
from workspaces.rooms import Rooms
from workspaces.shots import ShotFolder
from workspaces.upgrade import upgrade

if TYPE_CHECKING:
    from pipeline.measure.report import Report
    from pipeline.render import Order, Preview, Rendered, Tools
    from verbs.suggestions import Suggestion

SAMPLES = Path(__file__).parent / "samples"
HOME = Path(__file__).parent / "workspace"
"""Where models, finished frames and everyone's shots lie unless another place is chosen."""
BEST = "best"
"""What the accelerator is called that is taken when none is named: finding out which one it is takes seconds."""

RENDER = "render"
"""The kind of the jobs that render a shot."""
RESUMABLE: frozenset[State] = frozenset({"paused", "failed", "cancelled"})
"""States of jobs that can be taken up again."""

__all__ = ["HOME", "LOCAL", "Studio"]

log = logging.getLogger(__name__)


class Studio:
    """Everything an artist can ask for. Used inside `with`, or closed by hand; safe to call from several threads.

    Jobs are carried out once `start()` was called, by this program or by another one with the same home. Verbs that
    name an owner reach nothing that is another's: whose id is unknown and whose is another's get the same answer.
    """

    def __init__(self, home: Path = HOME, device: str | None = None) -> None:
        """home: the folder of everything, which is upgraded when an older Photoplay has made it.

        device: "cuda" or "cpu"; None takes the best. Raises RecipeError for limits or settings of the machine that are
        wrong, OutputError.
        """
        self.home, self._device = home, device
        self.rooms = Rooms(Home(home), SAMPLES)
        self.models, self._cache = ModelStore(self.rooms.home.models), self.rooms.home.cache
        self.mattes = PaintedMattes(self.rooms, self.models)
        self.looks = Looks(self.models, lambda owner: self.rooms.home.workspace(owner) / "presets")
        self.sights, self.references = Sights(self._cache), References(self.rooms)
        self.attachments = Attachments(self.rooms, self._passes_in_use)
        self._machine = load_machine(home / "machine.toml")
        upgrade(self.rooms.home, lambda: {plate_of(job): str(job.spec["key"]) for job in self._renders()})

    @cached_property
    def jobs(self) -> Executor:
        """Everyone's renders in line, at work and ended. Raises NotWritable when the home cannot be written."""
        kinds: dict[str, Work] = {RENDER: self._render_job, TRAIN: self.trainings.carry_out}
        kinds |= {SHEET: self.fittings.carry_out_sheet, PROBE: self.fittings.carry_out_probe}
        return LocalExecutor(Store(self.rooms.home.jobs), kinds, self._device or BEST)

    @cached_property
    def trainings(self) -> Trainings:
        """What an artist can ask for around LoRAs: look at pictures, edit captions, train."""
        return Trainings(self.rooms, self.models, self._bench)

    @cached_property
    def fittings(self) -> Fittings:
        """What an artist can ask for around LoRAs that are there: try them on, compare them, choose."""
        return Fittings(self.rooms, self.models, self._bench)

    @property
    def _bench(self) -> Bench:
        return Bench(lambda: self._tools.engine, self.preview, self.render, self.order_of, lambda: self.jobs)

    @cached_property
    def shelf(self) -> Shelf:
        """What an artist can ask for around models: which there are, fetch, bring in, remove, verify."""
        return Shelf(self.models, self.rooms)

    @property
    def _facts(self) -> Path:
        """Where is noted what was found out about files, so that they are read once."""
        return self.rooms.home.facts

    @cached_property
    def _tools(self) -> Tools:
        """The accelerator comes with the first work for it; with it come the large libraries."""
        from pipeline.engine.engine import Engine
        from pipeline.render import Tools

        return Tools(Engine(self._device, self._machine), self.models, self._cache)

    def start(self) -> None:
        """Tidy up, and begin to carry out jobs, with those that were at work when the program ended."""
        self._tidy()
        self.jobs.start()

    def presets(self) -> list[PresetStatus]:
        """Every preset, in the order of their names, with what is missing for it."""
        return presets(self.models)

    def recipe(self, preset: str, changes: Sequence[str] = ()) -> Recipe:
        """A preset by its name, or a recipe file by its path, with settings changed. Raises RecipeError."""
        return find_recipe(preset, changes)

    def shot(self, path: Path, footage: Footage = AS_FOUND, passes: Path | None = None) -> Shot:
        """Look at a clip or a picture sequence, and at the folder of the engine's passes where there is one.

        footage: what the files do not say. Raises FootageError when it cannot be used.
        """
        shot = probe(path, footage, self._facts)
        return shot if passes is None else with_passes(shot, passes, self._facts)

    def frame(self, shot: Shot, number: int) -> Picture:
        """One frame of a shot: uint8 [height, width, 3]. Raises FootageError."""
        return read_frame(shot, number).pixels

    def render(self, order: Order, progress: Progress) -> Rendered:
        """Render and deliver; goes on where an earlier try stopped. Raises PhotoplayError."""
        from pipeline.patched import render_patched
        from pipeline.render import render

        return (render if order.patch is None else render_patched)(order, self._tools, progress)

    def preview(self, order: Order, progress: Progress) -> Preview:
        """Render the order's first frame, ahead of renders. Raises PhotoplayError."""
        from pipeline.render import preview

        return preview(order, self._tools, progress)

    def suggest(self, order: Order, progress: Progress) -> Suggestion:
        """Try a handful of strengths on a second of the order's frames and choose; its folder is not touched.

        Raises PhotoplayError.
        """
        from verbs.suggestions import suggest

        return suggest(order, self.render, progress)

    def measure(
        self, plate: Shot, rendered: Shot, frames: FrameRange, progress: Progress, character: Path | None = None
    ) -> Report:
        """Measure a render against its plate, with what is known of the plate and its people.

        character: a folder with pictures of who the face is to be. Raises PhotoplayError.
        """
        from pipeline.measure.aids import aids_at_hand
        from pipeline.measure.report import measure
        from pipeline.portraits.gather import pictures_in

        aids = aids_at_hand(plate, self.models, self._cache)
        if character is not None:
            aids = replace(aids, character=pictures_in(character))
        return measure(plate, rendered, frames, progress, aids)

    def order(self, owner: str, shot: Shot, recipe: Recipe, frames: FrameRange) -> Order:
        """What an owner may ask to see at once, with what they have painted at hand. Raises ModelMissing."""
        from pipeline.render import Order

        self.fittings.check_worn(owner, recipe)
        return Order(self.mattes.at_hand(owner, shot), recipe, frames, self.home)

    def jobs_of(self, owner: str) -> OwnedJobs:
        """The jobs of an owner, to look at and to steer."""
        return OwnedJobs(self.jobs, owner)

    def submit_render(
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
        from pipeline.render import Order, check_order

        self.rooms.check_shot(owner, shot)
        self.fittings.check_worn(owner, recipe)
        shot = self.mattes.at_hand(owner, shot)
        if patch is None:
            plan = check_order(shot, recipe, frames, self._tools)
        else:
            self._check_version(owner, patch.base)
            plan = check_patch(Order(shot, recipe, frames, patch.base, patch), self._tools)
        self.rooms.quota.check_job(owner, self.jobs.count(owner, ("queued",)))
        folder = self.rooms.new_version(owner, shot) if out is None else out
        spec = spec_of(Order(shot, recipe, frames, folder, patch), plan)
        return self.jobs.submit(Request(RENDER, spec, owner, Priority.RENDER))

    def go_on(self, owner: str, job_id: str) -> Job:
        """Put a render of an owner's that is paused, failed or cancelled back in line.

        What was begun with weights that have changed since cannot be finished with others: then a new version is put
        in line instead. Raises JobError, and whatever `submit_render` raises.
        """
        job = self.jobs_of(owner).job(job_id)
        if job.kind == RENDER and job.state in RESUMABLE:
            order = self.order_of(job)
            if outdated(order, self._plan(order)):
                if job.state == "paused":
                    self.jobs.cancel(job.id)
                return self.submit_render(owner, order.shot, order.recipe, order.frames, patch=order.patch)
        self.jobs.go_on(job.id)
        return self.jobs.job(job.id)

    def shot_of(self, job: Job) -> Shot:
        """The shot that a render job renders, as it is now; passes may have been removed. Raises FootageError."""
        passes = passes_of(job)
        there = passes if passes is not None and passes.is_dir() else None
        shot = replace(self.shot(plate_of(job), footage_of(job), there), name=shot_name_of(job))
        return self.mattes.at_hand(job.owner, shot)

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

    def shots(self, owner: str) -> list[ShotFolder]:
        """The shots that an owner can open again, newest first."""
        return self.rooms.shots(owner)

    def remove_shot(self, owner: str, shot_id: str) -> None:
        """Delete one of an owner's shots with all its versions. Raises FootageError, JobError while it is rendered."""
        folder = self.rooms.home.workspace(owner) / shot_id
        unfinished = [job for job in self.jobs_of(owner).jobs() if job.kind == RENDER and job.state in UNFINISHED]
        if any(out_of(job).parent.resolve() == folder.resolve() for job in unfinished):
            raise JobError("This shot has renders in line or at work.", "Stop them first.")
        self.rooms.remove_shot(owner, shot_id)

    def received(self, owner: str, path: Path) -> None:
        """Note that an owner has uploaded a file. Raises RefusedFile, OutputError."""
        self.rooms.exchange.note_received(owner, path)

    def check_upload(self, owner: str, size: int) -> None:
        """Raise OverQuota when an owner may not hand in a file of `size` bytes."""
        self.rooms.quota.check_upload(owner, size)

    def may_read(self, owner: str, path: Path) -> bool:
        """Whether a file may be given to an owner's browser."""
        return self.rooms.exchange.may_read(owner, path)

    def clear_cache(self, keep: int) -> Cleared:
        """Clear away the finished frames used longest ago until `keep` bytes are left, and uploads left over.

        Frames that a waiting job can go on from stay. Raises OutputError.
        """
        waiting = [job for job in self.jobs.jobs() if job.state in UNFINISHED]
        cleared = clear(self._cache, keep, {key for job in waiting for key in keys_of(job)})
        return replace(cleared, freed=cleared.freed + self.rooms.clear_uploads())

    def close(self) -> None:
        """Stop the job at work, which stays in line, and let go of the accelerator."""
        if "shelf" in vars(self):
            self.shelf.close()
        if "jobs" in vars(self):
            self.jobs.close()
        if "_tools" in vars(self):
            self._tools.engine.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _plan(self, order: Order) -> RenderPlan:
        return plan_render(order.shot, order.recipe, self.models, self._cache)

    def _check_version(self, owner: str, version: Path) -> None:
        if owner != LOCAL and not self.may_read(owner, OutFolder(version).manifest):
            raise RefusedFile("There is no such version.", "Choose one of yours.")

    def _render_job(self, job: Job, progress: Progress) -> None:
        order = self.order_of(job)
        if reason := outdated(order, self._plan(order)):
            raise OutputError(reason, "Go on with it: it is then rendered into a new version.")
        try:
            self.render(order, progress)
        finally:
            self._tidy()

    def _renders(self) -> list[Job]:
        return [job for job in self.jobs.jobs() if job.kind == RENDER]

    def _passes_in_use(self, owner: str) -> list[Path]:
        """The folders of passes that an owner's renders read which have not come to an end."""
        jobs = [job for job in self.jobs_of(owner).jobs() if job.kind == RENDER and job.state in UNFINISHED]
        return [passes for job in jobs if (passes := passes_of(job)) is not None]

    def _tidy(self) -> None:
        """Clear away what is over the limits. That it cannot be done ends neither a render nor the program."""
        try:
            self.clear_cache(round(self.rooms.limits.cache_gigabytes * GB))
        except OutputError as error:
            log.warning("clearing away failed: %s", error)
