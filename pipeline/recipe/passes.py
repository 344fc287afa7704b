"""A pass is data: which region, from which picture, how strongly, led by which controls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings
from pipeline.recipe.temporal import Alone, Steady, Temporal

ControlKind = Literal["canny", "openpose", "mediapipe_face", "depth", "normal"]
RENDERABLE: tuple[ControlKind, ...] = ("depth", "normal")
"""Controls that an engine can render beside the plate; the others are read off the plate's pictures."""
Sampler = Literal["euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm"]
NoiseMode = Literal["fixed", "per_frame", "face_space", "warped"]
NoiseSource = Literal["photoplay", "cpu", "gpu"]


class WholeFrame(Settings):
    """The whole picture."""

    kind: Literal["whole_frame"] = "whole_frame"


class Face(Settings):
    """The faces of the frame: each person followed through the shot, or all faces of a frame at once."""

    kind: Literal["face"] = "face"
    follow: Literal["track", "frame"] = Field(
        default="track",
        description="Follow each person through the shot, with a steady crop of their own; or look at every frame "
        "alone, all faces in one matte, as the tools of 2023 did.",
    )
    minimum_size: int = Field(
        default=30, ge=10, le=200, description="Faces smaller than this are left alone, in plate pixels."
    )
    rotation_threshold: float = Field(
        default=20, ge=0, le=180, description="A face turned by more than this is set upright for the pass, in degrees."
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the face, in plate pixels."
    )


class Object(Settings):
    """Something that the engine told apart: hair, a jacket, a prop. The shot must bring object ids or mattes."""

    kind: Literal["object"] = "object"
    name: str = Field(
        min_length=1, max_length=80, description="Which one, as `python cli.py passes FOLDER --plate PLATE` lists it."
    )
    padding: int = Field(
        default=32, ge=0, le=256, description="Surround the model sees around the object, in plate pixels."
    )


Region = Annotated[WholeFrame | Face | Object, Field(discriminator="kind")]


class ControlSpec(Settings):
    """One ControlNet: what it looks at, how much it counts and when."""

    kind: ControlKind = Field(description="What it sees: edges, body pose, face, depth or surface normals.")
    source: Literal["estimated", "rendered"] = Field(
        default="estimated",
        description="Read it off the plate's pictures, or take the engine's own pass; only depth and normal have one.",
    )
    model: str = Field(min_length=1, description="The ControlNet's name in the catalogue.")
    weight: float = Field(default=1.0, ge=0, le=2, description="How much this control counts; 0 switches it off.")
    start: float = Field(default=0.0, ge=0, le=1, description="Where in the steps it begins, 0 = the first.")
    end: float = Field(default=1.0, ge=0, le=1, description="Where in the steps it ends, 1 = the last.")

    @model_validator(mode="after")
    def check_range(self) -> ControlSpec:
        """A control that ends before it starts would do nothing."""
        if self.end < self.start:
            raise ValueError("end lies before start")
        if self.source == "rendered" and self.kind not in RENDERABLE:
            raise ValueError(f"{self.kind} is read off the plate; only depth and normal can be rendered")
        return self


class AdapterSpec(Settings):
    """A LoRA of a pass, as `<lora:id:weight>` in its prompt."""

    id: str = Field(min_length=1, description="The LoRA's name in the catalogue.")
    weight: float = Field(default=1.0, ge=-4, le=4, description="How much it counts; 0 switches it off.")


class PersonSettings(Settings):
    """What a face pass does differently for one person; what is empty is as in the pass."""

    person: int = Field(ge=1, le=999, description="The person's number, as the preview shows it.")
    enabled: bool = Field(default=True, description="Off: this person's face is left alone.")
    denoising_strength: float | None = Field(default=None, ge=0, le=1, description="The person's own strength.")
    guidance_scale: float | None = Field(default=None, ge=1, le=30, description="The person's own guidance scale.")
    prompt: str | None = Field(default=None, description="The person's own prompt.")
    negative_prompt: str | None = Field(default=None, description="The person's own negative prompt.")


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
        default="euler",
        description="Euler is steady from frame to frame, DPM++ 2M gets there in fewer steps; Euler a adds noise at "
        "each step; LCM needs a LoRA or a checkpoint made for it, few steps and little guidance.",
    )
    clip_skip: int = Field(
        default=1, ge=1, le=12, description="Which layer of the text encoder is read, counted from the last."
    )
    noise: NoiseMode = Field(
        default="fixed",
        description="The same noise for every frame; new noise per frame (boils); noise that keeps to each followed "
        "face as it moves, turns and grows; or noise that is warped along the plate's motion.",
    )
    temporal: Temporal = Field(default=Alone(), description="What a frame takes over from other frames of its set-up.")
    steady: Steady = Field(default=Steady(), description="How the finished frames are steadied.")
    prompt: str | None = Field(default=None, description="Prompt of this pass; empty = the recipe's.")
    negative_prompt: str | None = Field(default=None, description="Negative prompt of this pass; empty = the recipe's.")
    controls: tuple[ControlSpec, ...] = Field(default=(), description="What leads the pass, read off the plate.")
    adapters: tuple[AdapterSpec, ...] = Field(
        default=(), description="LoRAs that the checkpoint wears in this pass, beside those that its prompt names."
    )
    people: tuple[PersonSettings, ...] = Field(
        default=(), description="What single people get instead: her face at 0.45, his at 0.5; faces must be followed."
    )
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

    @model_validator(mode="after")
    def check_people(self) -> PassSpec:
        """Settings of single people, one entry each, and noise that keeps to a face need tracks."""
        numbers = [person.person for person in self.people]
        if len(set(numbers)) != len(numbers):
            raise ValueError("one person is listed twice in people")
        if numbers and not self.follows:
            raise ValueError("people can be set only where faces are followed (region.follow = track)")
        if self.noise == "face_space" and not self.follows:
            raise ValueError("noise can keep to a face only where faces are followed (region.follow = track)")
        return self

    @property
    def looks_around(self) -> bool:
        """Whether a frame hangs on other frames while it is made."""
        return not isinstance(self.temporal, Alone) or self.noise == "warped"

    @property
    def looks_ahead(self) -> int:
        """How many frames before and after a frame may be looked at."""
        return max(self.steady.reach, 0 if isinstance(self.temporal, Alone) else self.temporal.every)

    @property
    def follows(self) -> bool:
        """Whether the pass follows each person through the shot."""
        return isinstance(self.region, Face) and self.region.follow == "track"

    @property
    def versions(self) -> tuple[PassSpec, ...]:
        """The pass, and what it is for each person with settings of their own."""
        return (self, *(self.for_person(one.person) for one in self.people if one.enabled))

    def for_person(self, person: int) -> PassSpec:
        """The pass as it is for one person, with nobody else's settings in it."""
        own = [settings for settings in self.people if settings.person == person]
        given = own[0].model_dump(exclude={"person"}, exclude_none=True) if own else {}
        return self.model_copy(update={**given, "people": (), "enabled": self.enabled and given.get("enabled", True)})
