"""The studio: the one place where the parts are put together. Its verbs are what the web app and the CLI call."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.engine.engine import Engine
from pipeline.errors import RecipeError
from pipeline.frames import FrameRange
from pipeline.measure.report import Report, measure
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from pipeline.recipe.load import changed, load_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Preview, Rendered, Tools, preview, render

PRESETS = Path(__file__).parent / "presets"
HOME = Path(__file__).parent / "workspace"
"""Where models, finished frames and the app's renders lie unless another place is chosen."""


@dataclass(frozen=True)
class PresetStatus:
    """A preset and, when it cannot be rendered here, one sentence for each thing that is missing."""

    name: str
    recipe: Recipe
    missing: tuple[str, ...]


class Studio:
    """Everything an artist can ask for. Used inside `with`, or closed by hand; safe to call from several threads."""

    def __init__(self, home: Path = HOME, device: str | None = None) -> None:
        """home: the folder for models/, cache/ and renders/. device: "cuda" or "cpu"; None takes the best there is."""
        self.home = home
        self._tools = Tools(Engine(device), ModelStore(home / "models"), home / "cache")

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

    def close(self) -> None:
        """Let go of the accelerator."""
        self._tools.engine.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
