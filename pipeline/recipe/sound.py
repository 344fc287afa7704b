"""What is heard with the delivered shot."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.recipe.base import Settings


class Sound(Settings):
    """The soundtrack. As it stands at first, the plate's own is carried over untouched."""

    source: Literal["plate", "reference", "both"] = Field(
        default="plate", description="The plate's soundtrack, a reference in its place, or both mixed."
    )
    reference: str | None = Field(default=None, description="The file with the reference soundtrack.")
    part: Literal["all", "voice", "background"] = Field(
        default="all", description="Which stem of the reference is heard; stems need a stereo file."
    )
    offset: float = Field(default=0.0, ge=-60, le=60, description="Seconds by which the reference is heard later.")
    plate_gain: float = Field(default=0.0, ge=-60, le=20, description="Level of the plate's sound, in decibels.")
    reference_gain: float = Field(default=0.0, ge=-60, le=20, description="Level of the reference, in decibels.")
    loudness: float | None = Field(
        default=None, ge=-40, le=-9, description="Loudness to bring the sound to, in LUFS; EBU R128 asks for -23."
    )

    @model_validator(mode="after")
    def check_reference(self) -> Sound:
        """A soundtrack that is asked for must be named."""
        if self.source != "plate" and self.reference is None:
            raise ValueError("`reference` names no file")
        return self

    @property
    def untouched(self) -> bool:
        """Whether the plate's sound is carried over as it is."""
        return self.source == "plate" and self.plate_gain == 0 and self.loudness is None
