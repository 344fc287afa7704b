"""Captions: mirrored, shortened, led by the look."""

from __future__ import annotations

import numpy as np

from training.draft.corpus import mirrored
from training.draft.prompts import EMPTY, LOOK_WORDS, prompt
from training.draft.views import View

CAPTION = "woman in her fifties, head turned left, looking right, low-key light from the right, close-up"
WHOLE = View(0, 0, 256, mirrored=False)


def prompts(view: View, look: str = "film", count: int = 400) -> list[str]:
    """Many draws."""
    rng = np.random.default_rng(0)
    return [prompt(CAPTION, "film" if look == "film" else "engine", view, rng) for _ in range(count)]


def test_mirrored_swaps_left_and_right_words_only() -> None:
    """Left and right change places, with and without a comma; other words stay."""
    assert mirrored(CAPTION) == (
        "woman in her fifties, head turned right, looking left, low-key light from the left, close-up"
    )
    assert mirrored("bright light, leftover, the right") == "bright light, leftover, the left"


def test_mirrored_twice_is_the_caption() -> None:
    """Mirroring is its own inverse."""
    assert mirrored(mirrored(CAPTION)) == CAPTION


def test_prompts_begin_with_their_look_or_are_empty() -> None:
    """No prompt of one look begins with the words of the other, and about one in ten is empty."""
    for look in ("film", "engine"):
        drawn = prompts(WHOLE, look)
        spoken = [text for text in drawn if text]
        assert all(text.startswith(LOOK_WORDS["film" if look == "film" else "engine"]) for text in spoken)
        assert abs(1 - len(spoken) / len(drawn) - EMPTY) < 0.05


def test_a_mirrored_view_is_never_described_the_wrong_way_round() -> None:
    """In the mirrored picture the head is turned right."""
    assert not any("turned left" in text for text in prompts(View(0, 0, 256, mirrored=True)))


def test_a_crop_is_a_close_up() -> None:
    """The caption's framing is that of the whole picture."""
    medium = CAPTION.replace("close-up", "medium shot")
    rng = np.random.default_rng(1)
    assert not any("medium" in prompt(medium, "film", View(10, 10, 120, mirrored=False), rng) for _ in range(50))
