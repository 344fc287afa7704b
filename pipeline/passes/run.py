"""Run one pass over one batch of frames: cut, hint, denoise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np

from pipeline.engine.batch import Batch, Hint
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import Overflow
from pipeline.frames import Matte, Picture
from pipeline.passes.placement import Placement, automatic_blur, blurred
from pipeline.passes.plan import PassPlan
from pipeline.passes.suspect import Mark, marks
from pipeline.recipe.passes import ControlKind

HintMaker = Callable[[ControlKind, Picture, tuple[int, int]], Picture]
"""Draws a control picture of (width, height) from an upright cut of the plate."""


@dataclass(frozen=True)
class Slot:
    """One frame's place in a batch: what the pass starts from, the plate its controls are read from, its matte."""

    frame: int
    source: Picture
    plate: Picture
    matte: Matte | None
    placement: Placement


@dataclass(frozen=True)
class Runner:
    """What a pass needs besides its plan and its frames."""

    engine: Engine
    hint: HintMaker
    priority: Priority
    stop: Event | None


@dataclass(frozen=True)
class Result:
    """What a pass gives for some frames, by frame number. pictures: on the placement's canvas. marks: see `suspect`."""

    pictures: Mapping[int, Picture]
    marks: Mapping[int, Mark]


def run_pass(plan: PassPlan, slots: Sequence[Slot], runner: Runner) -> Result:
    """The pass's result for every slot's frame. Runs one batch of the recipe's batch size.

    What looks like a fault of the machine is run once more: a passing fault is gone then, and what comes again is
    marked. Raises Overflow when the model gives no pictures twice.

    A frame's place in the batch is its number modulo the batch size, whoever asks for it and whatever else is asked
    for; empty places are filled with a neighbour, which changes nothing for the others.
    """
    size = plan.recipe.batch_size
    by_place = {slot.frame % size: slot for slot in slots}
    places = [by_place.get(place, slots[0]) for place in range(size)]
    hints = control_pictures(plan, slots, runner.hint)
    batch = Batch(
        checkpoint=plan.checkpoint,
        pictures=np.stack([slot.placement.to_canvas(slot.placement.cut(slot.source)) for slot in places]),
        frames=tuple(slot.frame for slot in places),
        masks=_masks(places),
        hints=tuple(
            Hint(control, np.stack([hints[slot.frame][i] for slot in places]), spec.weight, spec.start, spec.end)
            for i, (spec, control) in enumerate(plan.controls)
        ),
        prompt=plan.recipe.prompt_of(plan.spec),
        negative_prompt=plan.recipe.negative_prompt_of(plan.spec),
        sampling=plan.sampling,
        noise=plan.noise,
    )
    numbers = {place: slot.frame for place, slot in by_place.items()}
    try:
        result = _run(batch, numbers, runner)
    except Overflow:
        return _run(batch, numbers, runner)
    return _run(batch, numbers, runner) if result.marks else result


def _run(batch: Batch, numbers: Mapping[int, int], runner: Runner) -> Result:
    """One try. numbers: place in the batch -> frame, without the places that were filled up."""
    made = runner.engine.img2img(batch, runner.priority, runner.stop)
    pictures = {frame: made[place] for place, frame in numbers.items()}
    return Result(pictures, marks(pictures, {frame: batch.pictures[place] for place, frame in numbers.items()}))


def control_pictures(plan: PassPlan, slots: Sequence[Slot], hint: HintMaker) -> Mapping[int, list[Picture]]:
    """For each frame the control pictures of the pass on its canvas, in the order of `plan.controls`."""
    pictures: dict[int, list[Picture]] = {}
    for slot in slots:
        cut = slot.placement.cut(slot.plate)
        size = (slot.placement.content.width, slot.placement.content.height)
        pictures[slot.frame] = [slot.placement.framed(hint(spec.kind, cut, size)) for spec, _ in plan.controls]
    return pictures


def _masks(places: Sequence[Slot]) -> np.ndarray | None:
    """The blurred mattes on the canvas, or None when the region is the whole frame."""
    masks = []
    for slot in places:
        if slot.matte is None:
            return None
        height, width = slot.matte.mask.shape
        soft = blurred(slot.matte.mask, automatic_blur((width, height)))
        masks.append(slot.placement.to_canvas(slot.placement.cut(soft)))
    return np.stack(masks)
