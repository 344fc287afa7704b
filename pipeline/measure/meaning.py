"""What each measure means: its unit, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower", "nearer to 0", "nearer to 1"]


@dataclass(frozen=True)
class Meaning:
    """unit: of the figures and of the curve. better: the direction. says: one clause in an artist's words."""

    unit: str
    better: Better
    says: str


MEANINGS: dict[str, Meaning] = {
    "faces_found": Meaning("share, 0 to 1", "higher", "the plate's faces that the render shows too"),
    "expression_kept": Meaning("share, 0 to 1", "higher", "timing and strength of everything that moves"),
    "timing": Meaning("correlation, -1 to 1", "higher", "the same movement as in the plate"),
    "strength": Meaning("times the plate's", "nearer to 1", "below 1 the acting is flatter, above exaggerated"),
    "kept": Meaning("concordance, -1 to 1", "higher", "timing and strength in one"),
    "lag": Meaning("frames", "nearer to 0", "how much later the render moves than the plate"),
    "blinks": Meaning("share, 0 to 1", "higher", "the plate's blinks that the render shows too"),
    "lip_sync_lag": Meaning("frames", "nearer to 0", "how much later the mouth opens than the sound is loud"),
    "lip_sync_correlation": Meaning("correlation, -1 to 1", "higher", "how well the mouth follows the sound"),
    "flicker": Meaning("levels of 255", "lower", "change from frame to frame along the plate's motion"),
    "flicker_ratio": Meaning("times the plate's", "lower", "flicker of the render over the plate's own"),
    "detail": Meaning("times the plate's", "nearer to 1", "the plate's own fine structure, found again"),
    "texture": Meaning("times the plate's", "nearer to 1", "fine structure that stays on the surfaces"),
    "structure": Meaning("share, 0 to 1", "higher", "edges and silhouettes at their place and in their direction"),
    "distance": Meaning("levels of 255", "higher", "how far light, colour and design have moved from the engine look"),
    "likeness": Meaning("cosine distance, 0 to 2", "lower", "how far faces are from being the same one"),
}
