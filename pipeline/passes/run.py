"""Run one pass over one batch of frames: cut, hint, denoise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event

import numpy as np

from pipeline.engine.batch import Anchors, Batch, CarriedNoise, Hint
from pipeline.engine.engine import Engine, Priority
from pipeline.errors import Overflow
from pipeline.frames import Crop, Mask, Matte, Picture
from pipeline.motion.carry import KeyFrames
from pipeline.passes.carried_noise import NoiseOnSurfaces
from pipeline.passes.face_noise import face_space
from pipeline.passes.followed import Followed
from pipeline.passes.placement import MULTIPLE, Placement, automatic_blur, blurred
from pipeline.passes.plan import PassPlan
from pipeline.passes.suspect import Made, Mark, marks
from pipeline.recipe.passes import ControlSpec


@dataclass(frozen=True, eq=False)
class Slot:
    """One frame's place in a batch: what the pass starts from, the plate its controls are read from, its matte.

    face: the square of the plate that keeps to the followed face exactly.
    """

    frame: int
    source: Picture
    plate: Picture
    matte: Matte | None
    placement: Placement
    face: Crop | None = None

    @cached_property
    def canvas(self) -> Picture:
        """What the model starts from."""
        return self.placement.to_canvas(self.placement.cut(self.source))

    @cached_property
    def cut(self) -> Picture:
        """The upright cut of the plate, at about the plate's own resolution, that controls are read from."""
        return self.placement.cut(self.plate)


HintMaker = Callable[[ControlSpec, Slot], Picture]
"""Draws what a control sees of a slot, at the size of the canvas's content."""


@dataclass(frozen=True)
class Runner:
    """What a pass needs besides its plan and its frames."""

    engine: Engine
    hint: HintMaker
    priority: Priority
    stop: Event | None


@dataclass(frozen=True, eq=False)
class Aids:
    """What a temporal mode adds to a batch.

    noise: noise that lies on the surfaces. starts: by frame, what it starts from on its canvas. leading, keys: key
    frames to look at, and which of them each frame looks at. strength: instead of the pass's own. holes: by frame, on
    its canvas, 255 where alone it is painted. alone: the batch is of one frame.
    """

    noise: NoiseOnSurfaces | None = None
    starts: Mapping[int, Picture] = field(default_factory=dict)
    leading: tuple[Slot, ...] = ()
    keys: Mapping[int, KeyFrames] = field(default_factory=dict)
    strength: float | None = None
    holes: Mapping[int, Mask] = field(default_factory=dict)
    alone: bool = False

    def anchors(self, places: Sequence[Slot]) -> Anchors | None:
        """Who looks at whom in a batch that the leading slots begin; one whose key frame is not there at itself."""
        if not self.leading:
            return None
        at = {slot.frame: place for place, slot in enumerate(self.leading)}
        own = [self.keys.get(slot.frame) for slot in places[len(self.leading) :]]
        alone = range(len(self.leading))
        before, after = list(alone), list(alone)
        for place, keys in enumerate(own, len(self.leading)):
            first = place if keys is None else at.get(keys.before, place)
            before.append(first)
            after.append(first if keys is None or keys.after is None else at.get(keys.after, first))
        shares = [0.0] * len(self.leading) + [0.0 if keys is None else keys.share for keys in own]
        return Anchors(len(self.leading), tuple(before), tuple(after), tuple(shares))


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
    for; empty places are filled with a neighbour, which changes nothing for the others.
    """
    aids = aids or Aids()
    size = 1 if aids.alone else plan.recipe.batch_size
    by_place = {slot.frame % size: slot for slot in slots}
    places = [*aids.leading, *(by_place.get(place, slots[0]) for place in range(size))]
    hints = control_pictures(plan, [*aids.leading, *slots], runner.hint)
    sampling = plan.sampling if aids.strength is None else replace(plan.sampling, strength=aids.strength)
    batch = Batch(
        checkpoint=plan.checkpoint,
        pictures=np.stack([slot.canvas for slot in places]),
        frames=tuple(slot.frame for slot in places),
        masks=_masks(places, aids.holes),
        hints=tuple(
            Hint(control, np.stack([hints[slot.frame][i] for slot in places]), spec.weight, spec.start, spec.end)
            for i, (spec, control) in enumerate(plan.controls)
        ),
        prompt=plan.prompt,
        negative_prompt=plan.recipe.negative_prompt_of(plan.spec),
        sampling=sampling,
        noise=plan.noise,
        carried=_noise_in_faces(plan, places) if aids.noise is None else _noise_on_surfaces(aids.noise, places),
        starts=np.stack([aids.starts[slot.frame] for slot in places]) if aids.starts else None,
        anchors=aids.anchors(places),
        adapters=plan.adapters,
        embeddings=plan.words,
    )

    def run() -> Result:
        """One try; the places that were filled up are left out."""
        pictures = runner.engine.img2img(batch, runner.priority, runner.stop)
        made = {slot.frame: Made(slot.canvas, pictures[place]) for place, slot in by_place.items()}
        found = marks({**(before or {}), **made})
        return Result({frame: one.result for frame, one in made.items()}, {f: m for f, m in found.items() if f in made})

    try:
        result = run()
    except Overflow:
        return run()
    return run() if result.marks else result


def control_pictures(plan: PassPlan, slots: Sequence[Slot], hint: HintMaker) -> Mapping[int, list[Picture]]:
    """For each frame the control pictures of the pass on its canvas, in the order of `plan.controls`."""
    pictures: dict[int, list[Picture]] = {}
    for slot in slots:
        pictures[slot.frame] = [slot.placement.framed(hint(spec, slot)) for spec, _ in plan.controls]
    return pictures


def _noise_in_faces(plan: PassPlan, places: Sequence[Slot]) -> CarriedNoise | None:
    """Where the noise of each frame comes from, when it keeps to the face."""
    pairs = [(s.placement.crop, s.face) for s in places if isinstance(s.placement, Followed) and s.face is not None]
    if plan.spec.noise != "face_space" or len(pairs) < len(places):
        return None
    return face_space([crop for crop, _ in pairs], [face for _, face in pairs], plan.spec.size)


def _noise_on_surfaces(noise: NoiseOnSurfaces, places: Sequence[Slot]) -> CarriedNoise:
    """Where the noise of each frame comes from, when it lies on the plate's surfaces."""
    height, width = places[0].canvas.shape[:2]
    return noise.of([slot.frame for slot in places], (height // MULTIPLE, width // MULTIPLE))


def _masks(places: Sequence[Slot], holes: Mapping[int, Mask]) -> np.ndarray | None:
    """The blurred mattes on the canvas, cut down to the holes; None when the region is the whole frame, uncut."""
    if holes and all(slot.matte is None for slot in places):
        return np.stack([holes[slot.frame] for slot in places])
    masks = []
    for slot in places:
        if slot.matte is None:
            return None
        height, width = slot.matte.mask.shape
        soft = blurred(slot.matte.mask, automatic_blur((width, height)))
        mask = slot.placement.to_canvas(slot.placement.cut(soft))
        masks.append(np.minimum(mask, holes.get(slot.frame, np.uint8(255))))
    return np.stack(masks)
