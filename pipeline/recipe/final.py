"""The movie as it goes out, beside render.mp4: at another rate, speed or size. The render itself keeps the plate's."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import Field

from pipeline.recipe.base import Settings
from pipeline.recipe.footage import film_rate


class Final(Settings):
    """What final.mp4 has that render.mp4 has not. As it stands at first, there is none."""

    rate: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d{0,5}(/[1-9]\d{0,5}|\.\d{1,6})?$",
        description="Frames a second, for instance 60; frames between are drawn along the motion. Empty = the plate's.",
    )
    speed: float = Field(
        default=1.0,
        ge=0.1,
        le=4,
        description="A creative change of speed: 0.5 is slow motion. The sound is stretched and keeps its pitch.",
    )
    guard: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="A frame between whose face strays further than this share from what its neighbours do is held "
        "instead; 1 never is.",
    )
    scale: float = Field(default=1.0, ge=1, le=4, description="How many times as wide and high the picture is.")
    upscaler: str | None = Field(
        default=None, description="An upscaler by its name among the models; empty = Lanczos, which invents nothing."
    )
    faces: float = Field(
        default=0.3, ge=0, le=1, description="How much of what an upscaler invents is let into faces; 0 is none of it."
    )
    encoder: Literal["software", "hardware"] = Field(
        default="software",
        description="Hardware is faster and a little coarser; it is used only where a trial of it works.",
    )

    @property
    def wanted(self) -> bool:
        """Whether there is anything to make."""
        return self.rate is not None or self.speed != 1 or self.scale != 1

    @property
    def tempo(self) -> Fraction:
        """The speed as an exact number: what its decimals say."""
        return Fraction(str(self.speed))

    def rate_of(self, plate: Fraction) -> Fraction:
        """Frames a second of the movie. plate: those of the plate."""
        return plate if self.rate is None else film_rate(self.rate)
