"""What a pass leaves out to be faster. Each of these changes the picture; docs/speed.md says by how much."""

from __future__ import annotations

from pydantic import Field

from pipeline.recipe.base import Settings


class Fast(Settings):
    """At the defaults nothing is left out."""

    guidance_end: float = Field(
        default=1.0,
        ge=0,
        le=1,
        title="Guidance ends",
        description="Where in the steps the negative prompt is no longer asked, 1 = never; a step without it takes "
        "half as long. Prompts joined by AND are asked to the end.",
    )
    reuse: int = Field(
        default=1,
        ge=1,
        le=10,
        title="Deep layers every",
        description="At every so many steps the whole model is run, controls and all; in between only its outermost "
        "layers, and the deep ones answer as at the step before (DeepCache). 1 = at every step.",
    )
