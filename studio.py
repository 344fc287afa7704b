"""The studio: the one place where the parts are put together. Its verbs are what the web app and the CLI call."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from jobs.executor import Executor, Work
from jobs.job import UNFINISHED, Job
from jobs.local import LocalExecutor
from jobs.owned import OwnedJobs
from jobs.store import Store
from pipeline.cache import Cleared, clear
from pipeline.clip.attach import shot_at
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Picture
from pipeline.models.machine import load_machine
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from pipeline.recipe.footage import AS_FOUND, Footage
from pipeline.recipe.recipe import Recipe
from verbs.attachments import Attachments
from verbs.fittings import Fittings
from verbs.looks import Looks, PresetStatus, find_recipe, presets
from verbs.mattes import PaintedMattes
from verbs.orders import keys_of, plate_of
from verbs.references import References
from verbs.renders import RENDER, Renders
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
        self.renders = Renders(self.rooms, self.models, self.mattes, lambda: self._tools, lambda: self.jobs)
        self.attachments = Attachments(self.rooms, self.renders.passes_in_use)
        self._machine = load_machine(home / "machine.toml")
        upgrade(self.rooms.home, lambda: {plate_of(job): str(job.spec["key"]) for job in self.renders.all()})

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
        return Bench(lambda: self._tools.engine, self.preview, self.render, self.renders.order_of, lambda: self.jobs)

    @cached_property
    def shelf(self) -> Shelf:
        """What an artist can ask for around models: which there are, fetch, bring in, remove, verify."""
        return Shelf(self.models, self.rooms)

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
        return shot_at(path, footage, passes, self.rooms.home.facts)

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

    def jobs_of(self, owner: str) -> OwnedJobs:
        """The jobs of an owner, to look at and to steer."""
        return OwnedJobs(self.jobs, owner)

    def shots(self, owner: str) -> list[ShotFolder]:
        """The shots that an owner can open again, newest first."""
        return self.rooms.shots(owner)

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

    def _render_job(self, job: Job, progress: Progress) -> None:
        order = self.renders.ready(job)
        try:
            self.render(order, progress)
        finally:
            self._tidy()

    def _tidy(self) -> None:
        """Clear away what is over the limits. That it cannot be done ends neither a render nor the program."""
        try:
            self.clear_cache(round(self.rooms.limits.cache_gigabytes * GB))
        except OutputError as error:
            log.warning("clearing away failed: %s", error)
