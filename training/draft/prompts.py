"""What the text encoder is told about a view: the look first, then what is seen, more or less of it."""

from __future__ import annotations

import numpy as np

from training.draft.corpus import Look, mirrored
from training.draft.views import SIDE, View

EMPTY = 0.1
"""Share of empty prompts, from which classifier-free guidance learns its other half."""
BARE, THINNED = 0.35, 0.3
"""Shares of prompts that keep about a tenth and about half of their clauses: presets say the look alone, people
write short ones."""
LOOK_WORDS: dict[Look, tuple[str, ...]] = {
    "film": (
        "film still",
        "film still",
        "film still, 35 mm photograph",
        "cinematic film still, natural skin texture",
        "raw photo, photorealistic, detailed skin",
    ),
    "engine": (
        "engine render",
        "engine render",
        "video game, CGI",
        "3d render, game engine",
        "computer graphics, plastic skin",
    ),
}
"""The first words are the ones to use; the others make the usual prompts and negative prompts mean what they say."""


def prompt(caption: str, look: Look, view: View, rng: np.random.Generator) -> str:
    """A prompt for one training sample. The last clause of a caption is its framing; a crop is a close-up."""
    clauses = (mirrored(caption) if view.mirrored else caption).split(", ")
    if view.side < SIDE:
        clauses[-1] = "close-up"
    kind, words = rng.random(), LOOK_WORDS[look]
    if kind < EMPTY:
        return ""
    kept = 0.1 if kind < EMPTY + BARE else 0.5 if kind < EMPTY + BARE + THINNED else 1.0
    clauses = [clause for clause in clauses if rng.random() < kept]
    return ", ".join([words[rng.integers(len(words))], *clauses])
