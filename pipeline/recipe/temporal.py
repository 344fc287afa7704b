"""What the frames of a pass know of each other: how they are made, and how what was made is steadied."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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


Temporal = Annotated[Alone | GuidedStart | SharedAttention | Propagated, Field(discriminator="kind")]


class Steady(Settings):
    """The finished frames of a pass, steadied: their looks are averaged along the plate's own motion."""

    reach: int = Field(
        default=0, ge=0, le=24, description="Frames before and after that a frame is averaged with; 0 switches it off."
    )
    tolerance: float = Field(
        default=48.0, ge=1, le=255, description="Looks that differ by more levels of 255 than this hardly count."
    )
    own_below: float = Field(
        default=1.5,
        ge=0,
        le=8,
        description="Structure finer than this (sigma in plate pixels) stays each frame's own; 0 averages it as well, "
        "which is sharper and may leave thin rims where things move fast.",
    )
