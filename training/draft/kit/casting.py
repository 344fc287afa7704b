"""Who may be seen where: seeds of characters, and the split that keeps one person on one side."""

from __future__ import annotations

from typing import Literal

import numpy as np

Split = Literal["train", "val"]

HELD_OUT = 900
"""Characters from this seed on are for tests of the product: no training picture ever shows one."""
SEEDS: dict[Split, tuple[range, ...]] = {
    "train": (range(0, 180), range(400, 860)),
    "val": (range(180, 200), range(860, HELD_OUT)),
}
"""200 to 299 play in the sample shots, 300 to 399 are for LoRAs of one person."""
PORTRAITS = range(300, 400)
VALIDATION_EVERY = 15
"""Of so many groups of pairs, the last is for validation."""


def split_of_group(group: int) -> Split:
    """The split of a group of pairs, from its number alone."""
    return "val" if group % VALIDATION_EVERY == VALIDATION_EVERY - 1 else "train"


def split_of_character(seed: int) -> Split | None:
    """The split a character belongs to; None for one that belongs to neither."""
    return next((split for split, ranges in SEEDS.items() if any(seed in part for part in ranges)), None)


def cast(rng: np.random.Generator, split: Split, people: int) -> tuple[int, ...]:
    """Seeds of so many different characters of one split."""
    seeds = [seed for part in SEEDS[split] for seed in part]
    return tuple(int(seed) for seed in rng.choice(seeds, people, replace=False))
