"""What a pass asks the engine for: frames in their places, with masks, hints, noise and what they start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from pipeline.engine.batch import Anchors, Batch, CarriedNoise, Hint, LatentContent, Pictures
from pipeline.frames import Crop, Mask, Matte, Picture
from pipeline.models.store import Control
from pipeline.motion.carry import KeyFrames
from pipeline.passes.carried_noise import NoiseOnSurfaces
from pipeline.passes.colour import filled
from pipeline.passes.face_noise import face_space
from pipeline.passes.followed import Followed
from pipeline.passes.placement import MULTIPLE, Placement, blurred
from pipeline.passes.plan import PassPlan
from pipeline.recipe.inpaint import MaskedContent
from pipeline.recipe.passes import ControlSpec
from pipeline.stage import FrameStore

CONTENTS: dict[MaskedContent, LatentContent] = {
    "original": "source",
    "fill": "source",
    "latent_noise": "noise",
    "latent_nothing": "nothing",
}
"""Masked content -> what of it is done to the latents. All but the original are filled from around first."""


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


@dataclass(frozen=True, eq=False)
class Aids:
    """What a temporal mode adds to a batch.

    noise: noise that lies on the surfaces. starts: by frame, what it starts from on its canvas. leading, keys: key
    frames to look at, and which of them each frame looks at. strength: instead of the pass's own. holes: by frame, on
    its canvas, 255 where alone it is painted. alone: the batch is of one frame. together: the frames are a window that
    a motion adapter makes together. inverted: where the noise is kept that is read off the source; None where it is
    drawn.
    """

    noise: NoiseOnSurfaces | None = None
    starts: Mapping[int, Picture] = field(default_factory=dict)
    leading: tuple[Slot, ...] = ()
    keys: Mapping[int, KeyFrames] = field(default_factory=dict)
    strength: float | None = None
    holes: Mapping[int, Mask] = field(default_factory=dict)
    alone: bool = False
    together: bool = False
    inverted: FrameStore | None = None

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


def request(plan: PassPlan, places: Sequence[Slot], hints: Mapping[int, list[Picture]], aids: Aids) -> Batch:
    """What the engine is asked for. hints: by frame, the control pictures in the order of `plan.controls`."""
    masks = _masks(plan, places, aids.holes)
    sampling = plan.sampling if aids.strength is None else replace(plan.sampling, strength=aids.strength)
    return Batch(
        checkpoint=plan.checkpoint,
        pictures=np.stack([slot.canvas for slot in places]),
        frames=tuple(slot.frame for slot in places),
        masks=masks,
        hints=tuple(
            _hint(spec, control, np.stack([hints[slot.frame][i] for slot in places]))
            for i, (spec, control) in enumerate(plan.controls)
        ),
        prompt=plan.prompt,
        negative_prompt=plan.recipe.negative_prompt_of(plan.spec),
        sampling=sampling,
        noise=plan.noise,
        carried=_noise_in_faces(plan, places) if aids.noise is None else _noise_on_surfaces(aids.noise, places),
        starts=_starts(plan, places, masks, aids.starts),
        content=CONTENTS[plan.spec.inpaint.masked_content],
        anchors=aids.anchors(places),
        motion=plan.motion if aids.together else None,
        adapters=plan.adapters,
        embeddings=plan.words,
    )


def _starts(
    plan: PassPlan, places: Sequence[Slot], masks: np.ndarray | None, given: Mapping[int, Picture]
) -> Pictures | None:
    """What the frames start from, where that is not what is there: what was given, or what surrounds the masks."""
    if not given and (masks is None or plan.spec.inpaint.masked_content == "original"):
        return None
    starts = [given.get(slot.frame, slot.canvas) for slot in places]
    if masks is not None and plan.spec.inpaint.masked_content != "original":
        starts = list(map(filled, starts, masks))
    return np.stack(starts)


def _hint(spec: ControlSpec, control: Control, pictures: Pictures) -> Hint:
    """A control with its pictures for a batch; a control mode other than balanced is soft."""
    soft, conditional = spec.mode != "balanced", spec.mode == "control"
    return Hint(control, pictures, spec.weight, spec.start, spec.end, soft, conditional)


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


def _masks(plan: PassPlan, places: Sequence[Slot], holes: Mapping[int, Mask]) -> np.ndarray | None:
    """The blurred mattes on the canvas, cut down to the holes; None when the region is the whole frame, uncut."""
    if holes and all(slot.matte is None for slot in places):
        return np.stack([holes[slot.frame] for slot in places])
    masks = []
    for slot in places:
        if slot.matte is None:
            return None
        height, width = slot.matte.mask.shape
        soft = blurred(slot.matte.mask, plan.mask_blur((width, height)))
        mask = slot.placement.to_canvas(slot.placement.cut(soft))
        masks.append(np.minimum(mask, holes.get(slot.frame, np.uint8(255))))
    return np.stack(masks)
