"""Run one pass over one batch of frames: cut, hint, denoise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from pipeline.engine.batch import Batch, Climb, Latents, Pictures
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import Overflow
from pipeline.frames import Picture
from pipeline.passes.colour import colour_corrected
from pipeline.passes.inverted import read_off
from pipeline.passes.plan import PassPlan
from pipeline.passes.request import Aids, HintMaker, Slot, control_pictures, request
from pipeline.passes.suspect import Made, Mark, marks


@dataclass(frozen=True)
class Runner:
    """What a pass needs besides its plan and its frames. away: entered while a batch is with the accelerator."""

    engine: Engine
    hint: HintMaker
    priority: Priority
    stop: Event | None
    away: Callable[[], AbstractContextManager[None]] = nullcontext

    def img2img(self, batch: Batch) -> Pictures:
        """A batch's pictures, by the engine. Raises as `Engine.img2img`."""
        with self.away():
            return self.engine.img2img(batch, self.priority, self.stop)

    def invert(self, batch: Batch, climb: Climb) -> Latents:
        """The noise that a batch's frames come from, by the engine. Raises as `Engine.invert`."""
        with self.away():
            return self.engine.invert(batch, climb, self.priority, self.stop)


@dataclass(frozen=True)
class Result:
    """What a pass gives for some frames, by frame number. pictures: on the placement's canvas. marks: see `suspect`."""

    pictures: Mapping[int, Picture]
    marks: Mapping[int, Mark]


def run_pass(
    plan: PassPlan,
    slots: Sequence[Slot],
    runner: Runner,
    before: Mapping[int, Made] | None = None,
    aids: Aids | None = None,
) -> Result:
    """The pass's result for every slot's frame. Runs one batch of the recipe's batch size.

    aids: what a temporal mode adds. before: the finished frame before the batch, if there is one, by its number: what
    comes out the same is marked. What looks like a fault of the machine is run once more: a passing fault is gone then,
    and what comes again is marked. Raises Overflow when the model gives no pictures twice.

    A frame's place in the batch is its number modulo the batch size, whoever asks for it and whatever else is asked
    for; empty places are filled with a neighbour, which changes nothing for the others. A window is as it is.
    """
    aids = aids or Aids()
    size = len(slots) if aids.together else 1 if aids.alone else plan.recipe.batch_size
    by_place = dict(enumerate(slots)) if aids.together else {slot.frame % size: slot for slot in slots}
    places = [*aids.leading, *(by_place.get(place, slots[0]) for place in range(size))]
    batch = request(plan, places, control_pictures(plan, [*aids.leading, *slots], runner.hint), aids)
    if aids.inverted is not None and batch.sampling.strength > 0:
        batch = replace(batch, inverted=read_off(batch, plan, aids.inverted, runner.invert))
    begin = batch.pictures if batch.starts is None else batch.starts

    def run() -> Result:
        """One try; the places that were filled up are left out."""
        pictures = runner.img2img(batch)
        if plan.spec.colour_correction:
            pictures = np.stack(list(map(colour_corrected, pictures, begin[batch.leading :])))
        made = {slot.frame: Made(slot.canvas, pictures[place]) for place, slot in by_place.items()}
        found = marks({**(before or {}), **made})
        return Result({frame: one.result for frame, one in made.items()}, {f: m for f, m in found.items() if f in made})

    try:
        result = run()
    except Overflow:
        return run()
    return run() if result.marks else result
