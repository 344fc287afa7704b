"""The studio: the one place where the parts are put together. Its verbs are what the web app and the CLI call."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from jobs.executor import Executor, Request
from jobs.job import Job
from jobs.local import LocalExecutor
from jobs.store import Store
from pipeline.cache import Cleared, clear
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import FootageError, RecipeError
from pipeline.files import explained
from pipeline.frames import FrameRange
from pipeline.measure.report import Report, measure
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from pipeline.recipe.load import changed, load_recipe, parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Preview, Rendered, Tools, check_order, preview, render

PRESETS = Path(__file__).parent / "presets"
HOME = Path(__file__).parent / "workspace"
"""Where models, finished frames and the app's renders lie unless another place is chosen."""
LOCAL = "local"
"""The owner of all jobs of whoever sits at this machine."""


@dataclass(frozen=True)
class PresetStatus:
    """A preset and, when it cannot be rendered here, one sentence for each thing that is missing."""

    name: str
    recipe: Recipe
    missing: tuple[str, ...]


class Studio:
    """Everything an artist can ask for. Used inside `with`, or closed by hand; safe to call from several threads.

    Jobs are carried out once `jobs.start()` was called, by this program or by another one with the same home.
    """

    def __init__(self, home: Path = HOME, device: str | None = None) -> None:
        """home: the folder for models/, cache/, jobs/ and renders/. device: "cuda" or "cpu"; None takes the best."""
        self.home = home
        self._tools = Tools(Engine(device), ModelStore(home / "models"), home / "cache")

    @cached_property
    def jobs(self) -> Executor:
        """The renders in line, at work and ended. Raises NotWritable when the home cannot be written."""
        return LocalExecutor(Store(self.home / "jobs"), {"render": self._render_job}, self._tools.engine.device)

    def presets(self) -> list[PresetStatus]:
        """Every preset, in the order of their names, with what is missing for it."""
        found = [(path.stem, load_recipe(path)) for path in sorted(PRESETS.glob("*.toml"))]
        return [PresetStatus(name, recipe, self._tools.models.missing(recipe)) for name, recipe in found]

    def recipe(self, preset: str, changes: Sequence[str] = ()) -> Recipe:
        """A preset by its name, or a recipe file by its path, with settings changed (`passes.face.steps=20`).

        Raises RecipeError when there is none or a setting is wrong.
        """
        path = Path(preset) if preset.endswith(".toml") else PRESETS / f"{preset}.toml"
        if not path.is_file():
            names = [p.stem for p in sorted(PRESETS.glob("*.toml"))]
            near = difflib.get_close_matches(preset, names, 1, 0.4)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
            raise RecipeError(f"There is no preset {preset}.", hint)
        return changed(load_recipe(path), changes)

    def shot(self, path: Path) -> Shot:
        """Look at a clip. Raises FootageError when it cannot be used."""
        return probe(path)

    def render(self, order: Order, progress: Progress) -> Rendered:
        """Render and deliver; goes on where an earlier try stopped. Raises PhotoplayError."""
        return render(order, self._tools, progress)

    def preview(self, order: Order, progress: Progress) -> Preview:
        """Render the order's first frame, ahead of renders. Raises PhotoplayError."""
        return preview(order, self._tools, progress)

    def measure(self, plate: Shot, rendered: Shot, frames: FrameRange, progress: Progress) -> Report:
        """Measure a render against its plate. Raises PhotoplayError."""
        return measure(plate, rendered, frames, progress)

    def submit_render(self, shot: Shot, recipe: Recipe, frames: FrameRange, out: Path | None = None) -> Job:
        """Put a render in line. It is written to `out`, or to the shot's next version folder in the home.

        Raises FootageError, ModelMissing or NotWritable for what would be refused later anyway.
        """
        check_order(shot, recipe, frames, self._tools)
        folder = next_version(self.home / "renders" / folder_name(shot.name)) if out is None else out
        return self.jobs.submit(Request("render", spec_of(Order(shot, recipe, frames, folder)), LOCAL, Priority.RENDER))

    def order_of(self, job: Job) -> Order:
        """What a render job was asked for. Raises FootageError when its plate is gone or has changed."""
        shot = probe(plate_of(job))
        if shot.key != job.spec["key"]:
            raise FootageError(f"{shot.plate} has changed since the render was put in line.", "Render it anew.")
        return Order(shot, recipe_of(job), frames_of(job), out_of(job))

    def clear_cache(self, keep: int) -> Cleared:
        """Clear away the finished frames used longest ago until `keep` bytes are left. Raises OutputError."""
        return clear(self._tools.cache, keep)

    def close(self) -> None:
        """Stop the job at work, which stays in line, and let go of the accelerator."""
        if "jobs" in vars(self):
            self.jobs.close()
        self._tools.engine.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _render_job(self, job: Job, progress: Progress) -> None:
        self.render(self.order_of(job), progress)


def spec_of(order: Order) -> dict[str, Any]:
    """An order as plain data."""
    return {
        "plate": str(order.shot.plate.absolute()),
        "key": order.shot.key,
        "recipe": order.recipe.model_dump(mode="json"),
        "frames": [order.frames.first, order.frames.last],
        "out": str(order.out.absolute()),
    }


def plate_of(job: Job) -> Path:
    """The clip that a render job renders."""
    return Path(str(job.spec["plate"]))


def recipe_of(job: Job) -> Recipe:
    """The recipe of a render job."""
    return parse_recipe(cast(dict[str, Any], job.spec["recipe"]), f"job {job.id}")


def frames_of(job: Job) -> FrameRange:
    """The frames of a render job."""
    return FrameRange(*cast(list[int], job.spec["frames"]))


def out_of(job: Job) -> Path:
    """The folder that a render job delivers into."""
    return Path(str(job.spec["out"]))


def next_version(folder: Path) -> Path:
    """Make the next free one of v001, v002, ... in a shot's folder. No two callers get the same. Raises NotWritable."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.name[1:]) for path in folder.glob("v*") if path.name[1:].isdigit()]
        version = folder / f"v{max(numbers, default=0) + 1:03d}"
        try:
            os.mkdir(version)
        except FileExistsError:
            return next_version(folder)
        return version


def folder_name(shot_name: str) -> str:
    """The name of a shot as the name of a folder."""
    return re.sub(r"[^\w-]+", "_", shot_name).strip("_") or "shot"
