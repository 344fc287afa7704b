"""Noise that is read off the picture, instead of drawn: Auto1111's script "img2img alternative test"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.recipe.base import Settings


class Inversion(Settings):
    """The pass starts from the noise that the model itself would have made the source from."""

    enabled: bool = Field(default=False, description="Read the noise off the source instead of drawing it.")
    prompt: str = Field(default="", description="What the source shows, plainly (Original prompt).")
    negative_prompt: str = Field(default="", description="Original negative prompt; counts above a decode CFG of 1.")
    guidance_scale: float = Field(
        default=1.0,
        ge=0,
        le=15,
        title="Decode CFG scale",
        description="1 asks the model once a step; the script advises 2 or less.",
    )
    steps: int = Field(default=50, ge=1, le=150, title="Decode steps", description="More steps lose less.")
    sigma_adjustment: bool = Field(
        default=False, description="Each step looks at the picture as it is and not at where it goes."
    )
    randomness: float = Field(default=0.0, ge=0, le=1, description="How much drawn noise is mixed in; 1 is only that.")
    controls: bool = Field(
        default=True, description="The controls of the pass lead the inversion too, in full and over all steps."
    )
    start: Literal["auto1111", "stored"] = Field(
        default="auto1111",
        description="Where a denoising strength below 1 starts: on the straight line between the source and its noise, "
        "as in Auto1111, which raises the contrast; or where the inversion itself came through, which does not.",
    )
    override_sampler: bool = Field(default=False, description="Run the pass with Euler, whatever its sampler.")
    override_prompt: bool = Field(default=False, description="Run the pass with the two prompts above.")
    override_steps: bool = Field(default=False, description="Run the pass with the steps above.")
    override_strength: bool = Field(default=False, description="Run the pass with a denoising strength of 1.")
