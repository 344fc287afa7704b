from __future__ import annotations

import numpy as np

from pipeline.frames import Box
from training.characters.recolour import recoloured

RANDOM = np.random.default_rng


def scene() -> tuple[np.ndarray, np.ndarray, Box]:
    """A grey room with a person of two colours in it, the person's matte, and the face's box."""
    picture = np.full((128, 128, 3), 90, np.uint8)
    picture[20:128, 40:90] = (60, 40, 30)
    picture[30:70, 48:82] = (200, 150, 120)
    matte = np.zeros((128, 128), np.uint8)
    matte[20:128, 40:90] = 255
    return picture, matte, Box(48, 30, 34, 40)


def test_the_room_stays_and_the_person_changes() -> None:
    picture, matte, face = scene()
    copy = recoloured(picture, matte, face, RANDOM(1))
    assert np.array_equal(copy[:, :20], picture[:, :20])
    assert np.array_equal(copy[:, 110:], picture[:, 110:])
    assert np.abs(copy[50, 65].astype(int) - picture[50, 65]).max() > 4
    assert np.abs(copy[100, 65].astype(int) - picture[100, 65]).max() > 2


def test_face_and_hair_are_changed_each_in_their_own_way() -> None:
    picture, matte, face = scene()
    picture[matte > 0] = (120, 100, 90)
    copies = [recoloured(picture, matte, face, RANDOM(seed)) for seed in range(4)]
    assert all(np.abs(copy[50, 65].astype(int) - copy[115, 65]).max() > 4 for copy in copies)
    together = recoloured(picture, matte, None, RANDOM(1))
    assert np.abs(together[50, 65].astype(int) - together[100, 65]).max() <= 1


def test_the_same_seed_gives_the_same_copy() -> None:
    picture, matte, face = scene()
    assert np.array_equal(recoloured(picture, matte, face, RANDOM(3)), recoloured(picture, matte, face, RANDOM(3)))
    assert not np.array_equal(recoloured(picture, matte, face, RANDOM(3)), recoloured(picture, matte, face, RANDOM(4)))
