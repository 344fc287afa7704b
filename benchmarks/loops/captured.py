"""The batches that a render would hand to the engine, caught on the way there."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, cast

from pipeline.clip.shot import Shot
from pipeline.engine.batch import Batch, Pictures
from pipeline.engine.engine import Engine, Priority
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from pipeline.recipe.recipe import Recipe
from pipeline.work import open_work


@dataclass
class Catcher:
    """Takes the engine's place: keeps what it is asked for and gives it back unchanged."""

    batches: dict[tuple[str, tuple[int, ...]], Batch] = field(default_factory=dict)

    def img2img(self, batch: Batch, priority: Priority, stop: Event | None = None) -> Pictures:
        """The batch's own pictures."""
        self.batches[batch.noise.pass_name, batch.frames] = batch
        return batch.pictures.copy()


def batches_of(shot: Shot, recipe: Recipe, frames: FrameRange, models: ModelStore) -> list[Batch]:
    """Every batch of every pass for these frames, in the order of the render, controls and mattes and all."""
    catcher: Any = Catcher()
    with tempfile.TemporaryDirectory() as cache:
        plan = plan_render(shot, recipe, models, Path(cache))
        with open_work(plan, cast(Engine, catcher), Priority.RENDER, Progress()) as work:
            for numbers in frames.batches(recipe.batch_size):
                work.finish(list(work.plate.frames(numbers)))
    return list(catcher.batches.values())
