"""Who is who: a seed is one person for ever, and nobody stands on both sides of the split."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from training.draft.kit.casting import HELD_OUT, PORTRAITS, SEEDS, cast, split_of_character, split_of_group
from training.draft.kit.persona import macro_targets, persona_of


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (0, "man in his twenties, tan skin, short blond hair, stubble, cream top"),
        (1, "woman in her fifties, dark skin, chin-length black hair, pink blouse"),
    ],
)
def test_a_seed_stays_the_person_of_the_first_set(seed: int, words: str) -> None:
    assert persona_of(seed).words() == words
    assert persona_of(seed) == persona_of(seed)


def test_people_differ() -> None:
    people = [persona_of(seed) for seed in range(60)]
    assert len({person.words() for person in people}) > 50
    assert {person.gender for person in people} == {"female", "male"}
    assert all(person.stubble == 0 for person in people if person.gender == "female")
    assert all(20 <= person.age < 66 and all(30 <= tone <= 245 for tone in person.skin) for person in people)


def test_shapes_of_heritage_add_up_to_one_person() -> None:
    for seed in range(20):
        shares = [weight for name, weight in macro_targets(persona_of(seed)) if "universal" in name]
        assert sum(shares) == pytest.approx(1, abs=0.02)
        assert sum(persona_of(seed).heritage.values()) == pytest.approx(1, abs=0.01)


def test_the_splits_share_nobody_and_leave_the_held_out_alone() -> None:
    seeds = {split: {seed for part in parts for seed in part} for split, parts in SEEDS.items()}
    assert not seeds["train"] & seeds["val"]
    for some in seeds.values():
        assert max(some) < HELD_OUT
        assert not some & set(PORTRAITS)
        assert not some & set(range(200, 300))
    assert split_of_character(185) == "val"
    assert split_of_character(HELD_OUT) is None


def test_casting_keeps_to_its_split() -> None:
    rng = np.random.default_rng(0)
    for split in SEEDS:
        drawn = [cast(rng, split, 3) for _ in range(200)]
        assert all(len(set(people)) == 3 for people in drawn)
        assert {split_of_character(seed) for people in drawn for seed in people} == {split}


def test_one_group_in_fifteen_is_for_validation() -> None:
    assert Counter(split_of_group(group) for group in range(300)) == {"train": 280, "val": 20}
