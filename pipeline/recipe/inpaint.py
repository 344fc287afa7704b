"""How a region is repainted, in the words of Auto1111's inpaint."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.recipe.base import Settings

MaskedContent = Literal["original", "fill", "latent_noise", "latent_nothing"]


class Inpaint(Settings):
    """What the model sees of a region and its surround, and what it starts from there."""

    masked_content: MaskedContent = Field(
        default="original",
        description="What the pass starts from inside the region: the source; the colours around it, blurred into it; "
        "noise; or nothing. All but the source lose the expression.",
    )
    area: Literal["only_masked", "whole_picture"] = Field(
        default="only_masked",
        description="Show the model the region alone, as large as it can be, or the whole picture at the working size.",
    )
    mask_blur: float | None = Field(
        default=None,
        ge=0,
        le=64,
        description="Softness of the mask, sigma in plate pixels; empty = from the plate's size, as batch-face-swap.",
    )
