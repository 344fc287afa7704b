"""A pass is data: which region, from which picture, how strongly, led by which controls."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings
from pipeline.recipe.fast import Fast
from pipeline.recipe.inpaint import Inpaint
from pipeline.recipe.inversion import Inversion
from pipeline.recipe.regions import Correction, Face, FacePart, Hands, Region, WholeFrame
from pipeline.recipe.temporal import Alone, AnimateDiff, GuidedStart, Propagated, Steady, Temporal, seen_around

ControlKind = Literal["canny", "openpose", "mediapipe_face", "depth", "normal"]
RENDERABLE: tuple[ControlKind, ...] = ("depth", "normal")
"""Controls that an engine can render beside the plate; the others are read off the plate's pictures."""
Sampler = Literal["euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm"]
ControlMode = Literal["balanced", "prompt", "control"]
NoiseMode = Literal["fixed", "per_frame", "face_space", "warped"]
NoiseSource = Literal["photoplay", "cpu", "gpu"]


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
    mode: ControlMode = Field(
        default="balanced",
        description="Auto1111's control mode, who gives way where they disagree: nobody; the control, in the finer "
        "structure (My prompt is more important); or the prompt, as the guidance scale strengthens the control as well "
        "(ControlNet is more important).",
    )

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
    fast: Fast = Field(default=Fast(), description="What is left out to be faster, at a cost to the picture.")
    inversion: Inversion = Field(default=Inversion(), description="Noise that is read off the source.")
    inpaint: Inpaint = Field(default=Inpaint(), description="How a region is repainted.")
    colour_correction: bool = Field(
        default=False,
        description="Bring the result's colours back to those of its source, as Auto1111's colour correction does.",
    )
    prompt: str | None = Field(default=None, description="Prompt of this pass; empty = the recipe's.")
    negative_prompt: str | None = Field(default=None, description="Negative prompt of this pass; empty = the recipe's.")
    controls: tuple[ControlSpec, ...] = Field(default=(), description="What leads the pass, read off the plate.")
    adapters: tuple[AdapterSpec, ...] = Field(
        default=(), description="LoRAs that the checkpoint wears in this pass, beside those that its prompt names."
    )
    people: tuple[PersonSettings, ...] = Field(
        default=(), description="What single people get instead: her face at 0.45, his at 0.5; faces must be followed."
    )
    corrections: tuple[Correction, ...] = Field(
        default=(), description="What was painted onto the pass's matte, to be added or taken away, in this order."
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
    match: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="How far the layer's colours go towards those around it in the layers below, steadily from frame "
        "to frame; 1 is all the way. A region only.",
    )

    @model_validator(mode="after")
    def check_match(self) -> PassSpec:
        """The whole frame has no surround."""
        if self.match > 0 and isinstance(self.region, WholeFrame):
            raise ValueError("the whole frame has no surround to match; use the filter grade_match")
        return self

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

    @model_validator(mode="after")
    def check_corrections(self) -> PassSpec:
        """Only what has a matte can have it corrected."""
        if self.corrections and isinstance(self.region, WholeFrame):
            raise ValueError("the whole frame has no matte that could be corrected")
        return self

    @model_validator(mode="after")
    def check_starts(self) -> PassSpec:
        """What a frame starts from is one thing, and noise that keeps to a face needs that face's own crop."""
        if self.inversion.enabled and isinstance(self.temporal, GuidedStart | Propagated):
            raise ValueError("noise is read off the source (inversion), so no frame can start from others (temporal)")
        if self.inversion.enabled and isinstance(self.temporal, AnimateDiff):
            raise ValueError("frames that are made together (temporal) begin with drawn noise, not with inversion")
        if self.inversion.enabled and self.inpaint.masked_content != "original":
            raise ValueError("noise is read off the source (inversion), so masked_content must be original")
        if self.inpaint.area == "whole_picture" and self.noise == "face_space":
            raise ValueError("noise can keep to a face only where the model sees it alone (inpaint.area = only_masked)")
        return self

    @property
    def overridden(self) -> PassSpec:
        """The pass as it is run: with what the override boxes of its inversion put in place of its own settings."""
        own = self.inversion
        if not own.enabled:
            return self.model_copy(update={"inversion": Inversion()})
        boxes: dict[str, tuple[bool, dict[str, Any]]] = {
            "override_sampler": (own.override_sampler, {"sampler": "euler"}),
            "override_prompt": (own.override_prompt, {"prompt": own.prompt, "negative_prompt": own.negative_prompt}),
            "override_steps": (own.override_steps, {"steps": own.steps}),
            "override_strength": (own.override_strength, {"denoising_strength": 1.0}),
        }
        put = {name: value for ticked, values in boxes.values() if ticked for name, value in values.items()}
        return self.model_copy(update=put | {"inversion": own.model_copy(update=dict.fromkeys(boxes, False))})

    @property
    def looks_around(self) -> bool:
        """Whether a frame hangs on other frames while it is made."""
        return not isinstance(self.temporal, Alone) or self.noise == "warped"

    @property
    def looks_ahead(self) -> int:
        """How many frames before and after a frame may be looked at."""
        return max(self.steady.reach, seen_around(self.temporal))

    @property
    def follows(self) -> bool:
        """Whether the pass follows each person, or each hand, through the shot."""
        if isinstance(self.region, Face):
            return self.region.follow == "track"
        return isinstance(self.region, FacePart | Hands)

    @property
    def versions(self) -> tuple[PassSpec, ...]:
        """The pass, and what it is for each person with settings of their own."""
        return (self, *(self.for_person(one.person) for one in self.people if one.enabled))

    def for_person(self, person: int) -> PassSpec:
        """The pass as it is for one person, with nobody else's settings in it."""
        own = [settings for settings in self.people if settings.person == person]
        given = own[0].model_dump(exclude={"person"}, exclude_none=True) if own else {}
        return self.model_copy(update={**given, "people": (), "enabled": self.enabled and given.get("enabled", True)})
