"""What the engine is asked for: a batch of frames, and everything that decides what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PhotoplayError
from pipeline.models.store import Checkpoint, Control
from pipeline.recipe.passes import NoiseMode, Sampler

Pictures = NDArray[np.uint8]
"""uint8 [n, height, width, 3], display-referred RGB."""
Masks = NDArray[np.uint8]
"""uint8 [n, height, width], 255 = inside."""


@dataclass(frozen=True, eq=False)
class Hint:
    """What one ControlNet sees, and how much and when it counts.

    pictures: control images of the batch's own size. weight: 0 switches it off. start, end: parts of the steps, 0..1.
    """

    control: Control
    pictures: Pictures
    weight: float
    start: float
    end: float


@dataclass(frozen=True)
class Sampling:
    """How the frames are denoised; the fields mean what they mean in a PassSpec."""

    sampler: Sampler
    steps: int
    strength: float
    guidance_scale: float
    clip_skip: int


@dataclass(frozen=True)
class Noise:
    """What the noise depends on: nothing but these, the step and, in mode per_frame, the frame's number."""

    mode: NoiseMode
    seed: int
    pass_name: str


@dataclass(frozen=True, eq=False)
class Batch:
    """n frames of one pass.

    pictures: height and width multiples of 8. n is static over a render: the caller pads the last batch.
    frames: the n frame numbers. masks: 255 = repaint, 0 = keep; None repaints everything.
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

    def __post_init__(self) -> None:
        size = (len(self.frames), *self.pictures.shape[1:3])
        _check("pictures", self.pictures, (*size, 3))
        if self.masks is not None:
            _check("masks", self.masks, size)
        for hint in self.hints:
            _check(f"hints of {hint.control.id}", hint.pictures, (*size, 3))


def _check(name: str, array: NDArray, shape: tuple[int, ...]) -> None:
    """Raise PhotoplayError when an array is not uint8 of this shape, with something in it."""
    if array.dtype != np.uint8 or array.shape != shape or array.size == 0:
        raise PhotoplayError(f"The {name} of a batch are {array.dtype} {array.shape}; expected uint8 {shape}.")
