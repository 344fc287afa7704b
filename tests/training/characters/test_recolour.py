from __future__ import annotations

import numpy as np

from pipeline.frames import Box
from training.characters.recolour import parts_of, recoloured

RANDOM = np.random.default_rng


def scene() -> tuple[np.ndarray, np.ndarray, Box]:
    """A grey room with a person of two colours in it, the person's matte, and the face's box."""
    picture = np.full((160, 128, 3), 90, np.uint8)
    picture[20:160, 40:90] = (60, 40, 30)
    picture[30:70, 48:82] = (200, 150, 120)
    matte = np.zeros((160, 128), np.uint8)
    matte[20:160, 40:90] = 255
    return picture, matte, Box(48, 30, 34, 40)


def test_room_and_clothes_stay_and_skin_and_hair_change() -> None:
    picture, matte, face = scene()
    copy = recoloured(picture, parts_of(matte, face), RANDOM(1))
    assert np.array_equal(copy[:, :20], picture[:, :20])
    assert np.array_equal(copy[:, 110:], picture[:, 110:])
    assert np.array_equal(copy[110:], picture[110:])
    assert np.abs(copy[50, 65].astype(int) - picture[50, 65]).max() > 4
    assert np.abs(copy[24, 65].astype(int) - picture[24, 65]).max() > 2


def test_face_and_hair_are_changed_each_in_their_own_way() -> None:
    picture, matte, face = scene()
    picture[matte > 0] = (120, 100, 90)
    copies = [recoloured(picture, parts_of(matte, face), RANDOM(seed)) for seed in range(4)]
    assert all(np.abs(copy[50, 65].astype(int) - copy[23, 65]).max() > 4 for copy in copies)
    together = recoloured(picture, parts_of(matte, None), RANDOM(1))
    assert np.abs(together[50, 65].astype(int) - together[100, 65]).max() <= 1


def test_parts_lie_in_the_person_and_do_not_overlap() -> None:
    _, matte, face = scene()
    parts = parts_of(matte, face)
    assert parts.face[50, 65] == 255 and parts.hair[24, 65] == 255
    assert not parts.face[matte == 0].any() and not parts.hair[matte == 0].any()
    assert not np.logical_and(parts.face, parts.hair).any()


def test_the_same_seed_gives_the_same_copy() -> None:
    picture, matte, face = scene()
    parts = parts_of(matte, face)
    assert np.array_equal(recoloured(picture, parts, RANDOM(3)), recoloured(picture, parts, RANDOM(3)))
    assert not np.array_equal(recoloured(picture, parts, RANDOM(3)), recoloured(picture, parts, RANDOM(4)))
