"""What the engine is asked for: a batch of frames, and everything that decides what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PhotoplayError
from pipeline.models.store import Checkpoint, Control, Weights
from pipeline.recipe.passes import NoiseMode, NoiseSource, Sampler

Pictures = NDArray[np.uint8]
"""uint8 [n, height, width, 3], display-referred RGB."""
LatentContent = Literal["source", "noise", "nothing"]
"""What the repainted parts start from: what is there, Auto1111's latent noise, or its latent nothing."""
Masks = NDArray[np.uint8]
"""uint8 [n, height, width], 255 = inside."""


Latents = NDArray[np.float32]
"""float32 [n, channels, height / 8, width / 8], scaled as the UNet expects them."""


@dataclass(frozen=True, eq=False)
class Hint:
    """What one ControlNet sees, and how much and when it counts.

    pictures: control images of the batch's own size. weight: 0 switches it off. start, end: parts of the steps, 0..1.
    soft: it counts less the finer the structure (diffusers' guess mode). conditional: the negative prompt is not led by
    it, so that the guidance scale strengthens it, too; Auto1111's control modes are made of these two.
    """

    control: Control
    pictures: Pictures
    weight: float
    start: float
    end: float
    soft: bool = False
    conditional: bool = False


@dataclass(frozen=True)
class Sampling:
    """How the frames are denoised; the fields mean what they mean in a PassSpec, the last two in its `fast`."""

    sampler: Sampler
    steps: int
    strength: float
    guidance_scale: float
    clip_skip: int
    guidance_end: float = 1.0
    reuse: int = 1


@dataclass(frozen=True)
class Adapter:
    """A LoRA, and how much it counts in either network; 1 = as it was trained."""

    weights: Weights
    unet_weight: float
    text_weight: float


@dataclass(frozen=True)
class Noise:
    """What the noise depends on: nothing but these, the step and, in mode per_frame, the frame's number.

    source: whose numbers a seed gives. seed_delta: Auto1111's ENSD, for its sources.
    """

    mode: NoiseMode
    seed: int
    pass_name: str
    source: NoiseSource = "photoplay"
    seed_delta: int = 0


@dataclass(frozen=True, eq=False)
class CarriedNoise:
    """Noise that came along with what it lies on, for n frames: where each number of two noises comes from.

    origins: int32 [n, 2, h, w, 3] on the latents' grid: the frame, row and column that a cell has its number from.
    carriers: for each frame the names of its two noises; the numbers of different noises are independent.
    shares: for each frame how much of each noise counts; their squares add up to 1.
    """

    origins: NDArray[np.int32]
    carriers: tuple[tuple[int, int], ...]
    shares: tuple[tuple[float, float], ...]

    def part(self, places: Sequence[int]) -> CarriedNoise:
        """That of the frames at these places."""
        rows = list(places)
        return CarriedNoise(
            self.origins[rows], tuple(self.carriers[i] for i in rows), tuple(self.shares[i] for i in rows)
        )


@dataclass(frozen=True)
class Climb:
    """How far an inversion climbs. adjusted: Auto1111's sigma adjustment. until: a noise level; None = to the top."""

    adjusted: bool
    until: float | None = None


@dataclass(frozen=True, eq=False)
class Inverted:
    """Noise that was read off n frames. randomness: 0..1, how much drawn noise is mixed into it."""

    noise: Latents
    randomness: float


@dataclass(frozen=True)
class Anchors:
    """Key frames that come along in a batch to be looked at. They are its first `count` frames and give no pictures.

    before, after: for each of the n frames the place in the batch of the frame that it looks at besides itself; its own
        place for none. share: for each, how much `after` counts, 0..1; the rest is `before`'s.
    """

    count: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    share: tuple[float, ...]

    def part(self, places: Sequence[int]) -> Anchors:
        """Those of the frames at these places, the key frames among them first."""
        moved = {place: index for index, place in enumerate(places)}
        before, after = ([moved[where[i]] for i in places] for where in (self.before, self.after))
        return Anchors(self.count, tuple(before), tuple(after), tuple(self.share[i] for i in places))


@dataclass(frozen=True, eq=False)
class Batch:
    """n frames of one pass.

    pictures: height and width multiples of 8. n is static over a render: the caller pads the last batch.
    frames: the n frame numbers. masks: 255 = repaint, 0 = keep; None repaints everything.
    starts: what the frames start from, where that is not `pictures`; what a mask keeps is kept from `pictures`.
    content: what the repainted parts start from. inverted: noise that was read off the frames, instead of drawn.
    carried: where the noise comes from, when it was carried from frame to frame. anchors: key frames to look at.
    motion: a motion adapter through which all frames see each other; then they are one window, in order of time.
    adapters: LoRAs that the checkpoint wears. embeddings: words that the prompts may name.
    """

    checkpoint: Checkpoint
    pictures: Pictures
    frames: tuple[int, ...]
    masks: Masks | None
    hints: tuple[Hint, ...]
    prompt: str
    negative_prompt: str
    sampling: Sampling
    noise: Noise
    starts: Pictures | None = None
    content: LatentContent = "source"
    inverted: Inverted | None = None
    carried: CarriedNoise | None = None
    anchors: Anchors | None = None
    motion: Weights | None = None
    adapters: tuple[Adapter, ...] = ()
    embeddings: tuple[Weights, ...] = ()

    def __post_init__(self) -> None:
        size = (len(self.frames), *self.pictures.shape[1:3])
        _check("pictures", self.pictures, (*size, 3))
        if self.starts is not None:
            _check("starts", self.starts, (*size, 3))
        if self.masks is not None:
            _check("masks", self.masks, size)
        for hint in self.hints:
            _check(f"hints of {hint.control.id}", hint.pictures, (*size, 3))

    @property
    def leading(self) -> int:
        """How many frames at its beginning are there to be looked at only."""
        return 0 if self.anchors is None else self.anchors.count

    @property
    def wanted(self) -> int:
        """How many pictures it gives."""
        return len(self.frames) - self.leading

    def part(self, start: int, end: int) -> Batch:
        """The wanted frames from `start` up to `end` as a batch of their own, with all key frames that lead it."""
        places = [*range(self.leading), *range(self.leading + start, self.leading + end)]
        return replace(self.at(places), anchors=None if self.anchors is None else self.anchors.part(places))

    def at(self, places: Sequence[int]) -> Batch:
        """The frames at these places as a batch of their own, which looks at no key frames."""
        places = list(places)
        return replace(
            self,
            pictures=self.pictures[places],
            frames=tuple(self.frames[place] for place in places),
            masks=None if self.masks is None else self.masks[places],
            hints=tuple(replace(hint, pictures=hint.pictures[places]) for hint in self.hints),
            starts=None if self.starts is None else self.starts[places],
            inverted=None if self.inverted is None else replace(self.inverted, noise=self.inverted.noise[places]),
            carried=None if self.carried is None else self.carried.part(places),
            anchors=None,
        )


def _check(name: str, array: NDArray, shape: tuple[int, ...]) -> None:
    """Raise PhotoplayError when an array is not uint8 of this shape, with something in it."""
    if array.dtype != np.uint8 or array.shape != shape or array.size == 0:
        raise PhotoplayError(f"The {name} of a batch are {array.dtype} {array.shape}; expected uint8 {shape}.")
