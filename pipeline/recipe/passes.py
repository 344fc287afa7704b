"""A pass is data: which region, from which picture, how strongly, led by which controls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings

ControlKind = Literal["canny", "openpose", "mediapipe_face"]
Sampler = Literal["euler", "euler_a"]
NoiseMode = Literal["fixed", "per_frame"]


class WholeFrame(Settings):
    """The whole picture."""

    kind: Literal["whole_frame"] = "whole_frame"


class Face(Settings):
    """All faces of the frame, in one matte."""

    kind: Literal["face"] = "face"
    minimum_size: int = Field(
        default=30, ge=10, le=200, description="Faces smaller than this are left alone, in plate pixels."
    )
    rotation_threshold: float = Field(
        default=20, ge=0, le=180, description="A face turned by more than this is set upright for the pass, in degrees."
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the face, in plate pixels."
    )


Region = Annotated[WholeFrame | Face, Field(discriminator="kind")]


class ControlSpec(Settings):
    """One ControlNet: what it looks at, how much it counts and when."""

    kind: ControlKind = Field(description="What is read off the plate: edges, body pose or face.")
    model: str = Field(min_length=1, description="The ControlNet's name in the catalogue.")
    weight: float = Field(default=1.0, ge=0, le=2, description="How much this control counts; 0 switches it off.")
    start: float = Field(default=0.0, ge=0, le=1, description="Where in the steps it begins, 0 = the first.")
    end: float = Field(default=1.0, ge=0, le=1, description="Where in the steps it ends, 1 = the last.")

    @model_validator(mode="after")
    def check_range(self) -> ControlSpec:
        """A control that ends before it starts would do nothing."""
        if self.end < self.start:
            raise ValueError("end lies before start")
        return self


class PassSpec(Settings):
    """One diffusion pass over one region. Sizes are in pixels of the plate unless a field says otherwise."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="Short name, also the folder of its layers.")
    region: Region = Field(default=WholeFrame(), description="Which part of the picture the pass works on.")
    source: Literal["plate", "below"] = Field(
        default="plate",
        description="Start from the plate, or from the result of the passes below. A face reads the plate.",
    )
    enabled: bool = Field(default=True, description="Off: the pass is left out.")
    denoising_strength: float = Field(
        default=0.5, ge=0, le=1, description="How far the picture may move from its source. Expression is lost first."
    )
    guidance_scale: float = Field(
        default=7.5, ge=1, le=30, title="Guidance scale (CFG)", description="How closely the prompt is followed."
    )
    steps: int = Field(
        default=25, ge=1, le=150, description="Sampling steps of a full denoise; strength takes its part."
    )
    sampler: Sampler = Field(
        default="euler", description="Euler is steady from frame to frame; Euler a adds noise at each step."
    )
    clip_skip: int = Field(
        default=1, ge=1, le=12, description="Which layer of the text encoder is read, counted from the last."
    )
    noise: NoiseMode = Field(
        default="fixed", description="The same noise for every frame, or new noise per frame (boils)."
    )
    prompt: str | None = Field(default=None, description="Prompt of this pass; empty = the recipe's.")
    negative_prompt: str | None = Field(default=None, description="Negative prompt of this pass; empty = the recipe's.")
    controls: tuple[ControlSpec, ...] = Field(default=(), description="What leads the pass, read off the plate.")
    size: int = Field(default=512, ge=64, le=2048, multiple_of=8, description="Side of the square a face is worked at.")
    feather: float | None = Field(
        default=None,
        ge=0,
        le=200,
        description="Softness of the layer's edge; empty = from the plate's size, as Auto1111 did.",
    )
    erode: int = Field(
        default=0, ge=-200, le=200, description="Shrink the layer's matte before feathering; negative grows it."
    )
