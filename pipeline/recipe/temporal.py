"""What the frames of a pass know of each other: how they are made, and how what was made is steadied."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings

EVERY = "Every so many frames there is a key frame, made by itself; the first frame of a set-up is one too."


class Alone(Settings):
    """Every frame is made by itself."""

    kind: Literal["alone"] = "alone"


class GuidedStart(Settings):
    """Every frame starts from the plate with the look of the frame before, carried along the plate's motion.

    Near the next key frame the look of that takes over, so that none of the key frames is seen to come.
    """

    kind: Literal["guided_start"] = "guided_start"
    strength: float = Field(
        default=0.6, ge=0, le=1, description="How much of the carried look the start has; 0 is the plate alone."
    )
    every: int = Field(default=16, ge=2, le=64, description=EVERY)


class SharedAttention(Settings):
    """Every frame looks at the key frames before and after it while it is made, the nearer one counting more."""

    kind: Literal["shared_attention"] = "shared_attention"
    every: int = Field(default=8, ge=2, le=64, description=EVERY)


class Propagated(Settings):
    """The model makes the key frames only; the frames between get their looks, carried along the plate's motion.

    What is hidden in the key frames on both sides is painted by a pass of its own over those places.
    """

    kind: Literal["propagated"] = "propagated"
    every: int = Field(default=4, ge=2, le=64, description=EVERY)
    fill_strength: float = Field(
        default=0.3, ge=0, le=1, description="Denoising strength over what no key frame shows; 0 leaves the plate."
    )


class AnimateDiff(Settings):
    """Frames are made together in windows, with a motion adapter that knows how pictures move; windows overlap.

    The adapter was trained with noise that is new in each frame: `noise = "per_frame"` suits it best.
    """

    kind: Literal["animatediff"] = "animatediff"
    model: str = Field(
        default="animatediff-motion-adapter-v1-5-3", min_length=1, description="The motion adapter's name."
    )
    window: int = Field(
        default=16, ge=2, le=32, description="Frames that are made together; most adapters were trained with 16."
    )
    overlap: int = Field(
        default=4,
        ge=0,
        le=30,
        description="Frames that a window shares with the next; over them one fades into the other.",
    )

    @model_validator(mode="after")
    def check_overlap(self) -> AnimateDiff:
        """Windows must get on."""
        if self.overlap >= self.window:
            raise ValueError("overlap must be less than window")
        return self


Temporal = Annotated[Alone | GuidedStart | SharedAttention | Propagated | AnimateDiff, Field(discriminator="kind")]


def seen_around(temporal: Temporal) -> int:
    """How many frames before and after a frame may be looked at while it is made."""
    if isinstance(temporal, Alone):
        return 0
    return temporal.window if isinstance(temporal, AnimateDiff) else temporal.every


class Steady(Settings):
    """The finished frames of a pass, steadied: their looks are averaged along the plate's own motion."""

    reach: int = Field(
        default=0, ge=0, le=48, description="Frames before and after that a frame is averaged with; 0 switches it off."
    )
    tolerance: float = Field(
        default=48.0, ge=1, le=255, description="Looks that differ by more levels of 255 than this hardly count."
    )
    own_below: float = Field(
        default=1.5,
        ge=0,
        le=8,
        description="Where things move against each other, structure finer than this (sigma in plate pixels) stays "
        "each frame's own; 0 averages it there as well, which may leave thin rims.",
    )
