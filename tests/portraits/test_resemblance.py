"""Skin and hair told apart on a real render, and compared."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.frames import Mask, Picture
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.hair import HairFinder
from pipeline.people.silhouette import Silhouettes
from pipeline.portraits.resemblance import Head, character, head_of, resemblance, way
from tests.people.pictures import CLOSE_UP, MEDIUM, frame, tinted, turned


def seen(picture: Picture) -> tuple[FoundFace, Mask, Mask]:
    with FaceFinder() as finder, Silhouettes() as silhouettes, HairFinder(None) as hair:
        face = finder.find(picture, 20)[0]
        return face, silhouettes.find(picture), hair.find(picture, face.points)


def head(picture: Picture) -> Head:
    found = head_of(picture, *seen(picture))
    assert found is not None
    return found


@pytest.mark.parametrize("number", [CLOSE_UP, MEDIUM])
def test_skin_is_brighter_and_redder_than_her_dark_hair(number: int) -> None:
    found = head(frame(number))
    assert found.hair is not None
    assert found.skin.colour[0] > found.hair.colour[0] + 10
    assert found.skin.colour[1] > found.hair.colour[1]


def test_a_head_is_like_itself_however_it_is_turned() -> None:
    plain, leaning = head(frame(CLOSE_UP)), head(turned(CLOSE_UP, 20))
    same = resemblance([plain], plain)
    assert (same.skin, same.hair, same.skin_structure, same.hair_structure) == (0, 0, 0, 0)
    near = resemblance([leaning], plain)
    assert near.skin is not None and near.skin < 2
    assert near.hair is not None and near.hair < 4


def test_the_distance_is_the_colours_own() -> None:
    """Adding 10 to every L* of a picture moves skin and hair by 10, and their structure not at all."""
    picture = frame(CLOSE_UP)
    found, brighter = seen(picture), tinted(picture, 10, 0)
    before, after = head_of(picture, *found), head_of(brighter, *found)
    assert before is not None and after is not None
    moved = resemblance([after], before)
    assert moved.skin == pytest.approx(10, abs=0.5)
    assert moved.hair == pytest.approx(10, abs=0.5)
    assert moved.skin_structure == pytest.approx(0, abs=0.1)


def test_blur_is_seen_in_the_structure() -> None:
    picture = frame(CLOSE_UP)
    found = seen(picture)
    blurred = cv2.GaussianBlur(picture, (0, 0), 3).astype(np.uint8)
    sharp, soft = head_of(picture, *found), head_of(blurred, *found)
    assert sharp is not None and soft is not None and sharp.hair is not None and soft.hair is not None
    assert soft.skin.structure < 0.7 * sharp.skin.structure
    assert soft.hair.structure < 0.7 * sharp.hair.structure


def test_nobody_where_the_silhouette_is_empty() -> None:
    picture = frame(CLOSE_UP)
    face, people, hair = seen(picture)
    assert head_of(picture, face, np.zeros_like(people), hair) is None
    assert character([]) is None
    assert resemblance([], head(picture)).skin is None


def test_a_forehead_is_no_hair() -> None:
    """Painting skin over the lower half of the hair takes pixels away and leaves the hair's colour as it was."""
    picture = frame(CLOSE_UP)
    face, people, hair = seen(picture)
    whole, top = head_of(picture, face, people, hair), hair.copy()
    rows = np.nonzero(hair.max(1))[0]
    top[rows[0] + 50 :] = 0
    part = head_of(picture, face, people, top)
    assert whole is not None and part is not None and whole.hair is not None and part.hair is not None
    assert np.linalg.norm(part.hair.colour - whole.hair.colour) < 6
    bald = head_of(picture, face, people, np.zeros_like(hair))
    assert bald is not None and bald.hair is None


def test_the_way_between_two_people_is_counted_whatever_the_light() -> None:
    """Half of the step from one to the other is .5 in darker light too, and what goes aside of it is nothing."""
    picture = frame(CLOSE_UP)
    one, other, dark, half, aside = (head(tinted(picture, *by)) for by in ((0, 0), (8, 0), (-9, 0), (-5, 0), (-9, 6)))
    for change, share in (((dark, half), 0.5), ((dark, dark), 0), ((half, dark), -0.5), ((dark, aside), 0)):
        gone = way(change, (one, other))
        assert gone.skin == pytest.approx(share, abs=0.08)
        assert gone.hair == pytest.approx(share, abs=0.08)
    assert way((dark, half), (Head(one.skin, None), other)).hair is None
