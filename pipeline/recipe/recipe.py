"""The recipe: everything that decides how a shot will look."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings
from pipeline.recipe.passes import PassSpec

SCHEMA = 1


class Delivery(Settings):
    """How the finished shot is written."""

    crf: int = Field(
        default=14, ge=0, le=51, description="H.264 quality: 0 is lossless, 14 has no visible loss, 23 is small."
    )


class Recipe(Settings):
    """A titled recipe is a preset. Passes are listed from the bottom layer to the top."""

    schema_version: Literal[1] = Field(default=SCHEMA, description="Version of this list of settings.")
    title: str = Field(min_length=1, max_length=80, description="What the preset is called.")
    note: str = Field(default="", description="What it is for, in a sentence.")
    checkpoint: str = Field(min_length=1, description="The Stable Diffusion model's name in the catalogue.")
    prompt: str = Field(default="", description="What the picture should look like; a pass may have its own.")
    negative_prompt: str = Field(default="", description="What it should not look like; a pass may have its own.")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="The same seed gives the same picture.")
    working_size: int = Field(
        default=512, ge=64, le=2048, description="Short side of the picture the model works at, in pixels."
    )
    crop_and_resize: tuple[int, int] | None = Field(
        default=None,
        description="Auto1111's crop and resize: exactly this width and height in pixels; what is cut off stays plate.",
    )
    batch_size: int = Field(default=8, ge=1, le=64, description="Frames the model works on at once.")
    passes: tuple[PassSpec, ...] = Field(min_length=1, description="The passes, from the bottom layer to the top.")
    delivery: Delivery = Field(default=Delivery(), description="How the finished shot is written.")

    @model_validator(mode="after")
    def check_names(self) -> Recipe:
        """Layers are kept by pass name, so names must differ."""
        names = [p.name for p in self.passes]
        if len(set(names)) != len(names):
            raise ValueError("two passes have the same name")
        return self

    @property
    def active_passes(self) -> tuple[PassSpec, ...]:
        """The passes that are switched on, bottom first."""
        return tuple(p for p in self.passes if p.enabled)

    def prompt_of(self, spec: PassSpec) -> str:
        """The pass's own prompt, or the recipe's."""
        return self.prompt if spec.prompt is None else spec.prompt

    def negative_prompt_of(self, spec: PassSpec) -> str:
        """The pass's own negative prompt, or the recipe's."""
        return self.negative_prompt if spec.negative_prompt is None else spec.negative_prompt
