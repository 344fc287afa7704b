"""What a LoRA is trained to be, and how. Bounds, default and sentence of each setting are written once, here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.recipe.base import Settings


class Training(Settings):
    """A training. Two with equal settings and pictures give the same LoRA, bit for bit, on like machines."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="The LoRA's name, as prompts call it.")
    trigger: str = Field(min_length=1, max_length=64, description="The words in a prompt that call the character.")
    kind: Literal["character", "style"] = Field(
        default="character", description="A character's likeness, or the look of pictures."
    )
    base: str = Field(default="draft", min_length=1, description="The checkpoint it is trained on.")
    steps: int = Field(default=400, ge=1, le=20_000, description="Training steps.")
    batch_size: int = Field(default=4, ge=1, le=32, description="Pictures a step.")
    accumulate: int = Field(default=1, ge=1, le=32, description="Batches that are added up before each step.")
    rank: int = Field(default=16, ge=1, le=256, description="Size of the LoRA: how much it can learn.")
    alpha: int = Field(default=16, ge=1, le=256, description="Strength of the LoRA at weight 1, against the rank.")
    rate: float = Field(default=4e-4, gt=0, le=0.1, description="Learning rate.")
    schedule: Literal["cosine", "constant", "linear"] = Field(
        default="cosine", description="How the learning rate falls, after a short rise."
    )
    text_encoder: bool = Field(default=False, description="Train the text encoder's attention, too.")
    convolutions: bool = Field(default=False, description="Train the convolutions, too (LoCon): more texture.")
    resolution: int = Field(
        default=512, ge=64, le=1024, multiple_of=64, description="Side of a square picture; others have its area."
    )
    noise_offset: float = Field(
        default=0.0, ge=0, le=0.3, description="Lets the LoRA learn pictures that are dark or bright as a whole."
    )
    snr_limit: float = Field(default=5.0, ge=0, le=20, description="Min-SNR weighting; 0 weighs every noise alike.")
    carried: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Share of the samples that start from a recoloured copy, as a render starts from the plate: so the "
        "LoRA learns to bring other skin and hair to the character's. 0 = as other trainers do it.",
    )
    colours: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="How much the colours of skin and hair count in those samples, beside the picture as a whole.",
    )
    masked: bool = Field(default=False, description="Learn the person and not what is around them.")
    drop_captions: float = Field(default=0.05, ge=0, le=0.5, description="Share of pictures shown without their words.")
    checkpoint_every: int = Field(default=50, ge=1, le=5000, description="Steps between two saved states.")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="The same seed gives the same LoRA.")
    consent: str = Field(default="", max_length=300, description="Whose face it is, and that they have agreed.")
