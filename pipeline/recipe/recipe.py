"""The recipe: everything that decides how a shot will look."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings
from pipeline.recipe.filters import AnyFilter
from pipeline.recipe.final import Final
from pipeline.recipe.networks import NamedLora, named_networks
from pipeline.recipe.passes import NoiseSource, PassSpec
from pipeline.recipe.sound import Sound
from pipeline.recipe.temporal import Alone, Steady

SCHEMA = 1


Master = Literal[
    "none",
    "h265",
    "av1",
    "prores_422",
    "prores_4444",
    "dnxhr",
    "ffv1",
    "png",
    "tiff",
    "exr",
    "gif",
    "webp",
]


class Delivery(Settings):
    """How the finished shot is written."""

    crf: int = Field(
        default=14, ge=0, le=51, description="H.264 quality: 0 is lossless, 14 has no visible loss, 23 is small."
    )
    master: Master = Field(
        default="none",
        description="A second delivery beside render.mp4: for grading and compositing, or as a small preview.",
    )


class Recipe(Settings):
    """A titled recipe is a preset. Passes are listed from the bottom layer to the top."""

    schema_version: Literal[1] = Field(default=SCHEMA, description="Version of this list of settings.")
    title: str = Field(min_length=1, max_length=80, description="What the preset is called.")
    note: str = Field(default="", description="What it is for, in a sentence.")
    checkpoint: str = Field(min_length=1, description="The Stable Diffusion model's name in the catalogue.")
    vae: str = Field(
        default="", description="An autoencoder to use in place of the checkpoint's own, by its name; empty = its own."
    )
    prompt: str = Field(default="", description="What the picture should look like; a pass may have its own.")
    negative_prompt: str = Field(default="", description="What it should not look like; a pass may have its own.")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="The same seed gives the same picture.")
    noise_source: NoiseSource = Field(
        default="photoplay",
        description="Whose noise a seed means: each pass's own; or that of Auto1111, made on its CPU or its GPU, for "
        "noise that is fixed or new per frame.",
    )
    eta_noise_seed_delta: int = Field(
        default=0, ge=0, le=2**31 - 1, description="Auto1111's ENSD, where its noise is used and a sampler adds noise."
    )
    working_size: int = Field(
        default=512, ge=64, le=2048, description="Short side of the picture the model works at, in pixels."
    )
    crop_and_resize: tuple[int, int] | None = Field(
        default=None,
        description="Auto1111's crop and resize: exactly this width and height in pixels; what is cut off stays plate.",
    )
    sides: Literal["pad", "floor"] = Field(
        default="pad",
        description="Sides that are no multiple of 8: padded for the model and cut back; or cut, as in Auto1111, where "
        "910 comes out as 904 and what is cut off stays plate.",
    )
    batch_size: int = Field(default=8, ge=1, le=64, description="Frames the model works on at once.")
    prepare: tuple[AnyFilter, ...] = Field(
        default=(), description="Filters over the plate, first to last, before anything else sees it."
    )
    passes: tuple[PassSpec, ...] = Field(min_length=1, description="The passes, from the bottom layer to the top.")
    finish: tuple[AnyFilter, ...] = Field(
        default=(), description="Filters over the composite, first to last, before it is delivered."
    )
    sound: Sound = Field(default=Sound(), description="What is heard with the shot.")
    final: Final = Field(
        default=Final(), description="A second movie at another rate, speed or size, with the finish of the first."
    )
    delivery: Delivery = Field(default=Delivery(), description="How the finished shot is written.")

    @model_validator(mode="after")
    def check_names(self) -> Recipe:
        """Layers are kept by pass name, so names must differ."""
        names = [p.name for p in self.passes]
        if len(set(names)) != len(names):
            raise ValueError("two passes have the same name")
        return self

    @property
    def for_one_frame(self) -> Recipe:
        """The recipe for a frame by itself, as a preview shows it: nothing is taken from the frames around."""
        alone = {"temporal": Alone(), "steady": Steady()}
        passes = tuple(
            spec.model_copy(update=alone | ({"noise": "fixed"} if spec.noise == "warped" else {}))
            for spec in self.passes
        )
        return self.model_copy(update={"batch_size": 1, "passes": passes})

    @property
    def active_passes(self) -> tuple[PassSpec, ...]:
        """The passes that are switched on, bottom first, as they are run: an inversion's override boxes count."""
        return tuple(p.overridden for p in self.passes if p.enabled)

    def prompt_of(self, spec: PassSpec) -> str:
        """The pass's own prompt, or the recipe's."""
        return self.prompt if spec.prompt is None else spec.prompt

    def loras_of(self, spec: PassSpec) -> tuple[NamedLora, ...]:
        """The LoRAs that count in a pass: those that it lists, then those that its prompt names."""
        listed = (NamedLora(adapter.id, adapter.weight, adapter.weight) for adapter in spec.adapters)
        named = (*listed, *named_networks(self.prompt_of(spec)).loras)
        return tuple(lora for lora in named if lora.unet_weight or lora.text_weight)

    def negative_prompt_of(self, spec: PassSpec) -> str:
        """The pass's own negative prompt, or the recipe's."""
        return self.negative_prompt if spec.negative_prompt is None else spec.negative_prompt
