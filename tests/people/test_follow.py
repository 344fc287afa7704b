"""Who is who, with sightings made by hand: crossing, hiding, leaving, strangers and glimpses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pipeline.frames import FrameRange
from pipeline.people.follow import Person, Sighting, follow
from pipeline.people.pose import Look, Pose, Reach

RATE = 24.0
REACH = Reach(20, 20, 25, 30)
DARK, FAIR = (np.full((12, 12, 3), level, np.uint8) for level in (90, 130))
DARK[..., 1], FAIR[..., 1] = 120, 150


def sighting(frame: int, face: int, x: float, look: Look, y: float = 100, size: float = 20) -> Sighting:
    return Sighting(frame, face, Pose(x, y, size, 0.0), REACH, look)


def people_in(frames: Mapping[int, list[tuple[float, Look]]], count: int) -> list[Person]:
    """The people of a clip of `count` frames with faces at these x."""
    seen = [[sighting(f, i, x, look) for i, (x, look) in enumerate(frames.get(f, []))] for f in range(count)]
    return follow(seen, FrameRange(0, count - 1), RATE)


def places(person: Person) -> list[float]:
    return [seen.pose.x for seen in person.sightings]


def test_two_who_cross_keep_their_numbers_whatever_the_order_of_the_faces() -> None:
    frames = {f: [(100 + 8.0 * f, DARK), (340 - 8.0 * f, FAIR)][:: 1 if f % 2 else -1] for f in range(30)}
    dark, fair = people_in(frames, 30)
    assert places(dark) == [100 + 8.0 * f for f in range(30)]
    assert places(fair) == [340 - 8.0 * f for f in range(30)]


def test_who_is_hidden_while_crossing_comes_out_on_the_other_side() -> None:
    hidden = range(13, 18)
    frames = {f: [(100 + 8.0 * f, DARK)] * (f not in hidden) + [(340 - 8.0 * f, FAIR)] for f in range(30)}
    dark, fair = people_in(frames, 30)
    assert places(dark) == [100 + 8.0 * f for f in range(30) if f not in hidden]
    assert len(fair.sightings) == 30


def test_two_who_meet_and_turn_back_keep_their_numbers() -> None:
    near = [abs(f - 15) for f in range(30)]
    frames = {f: [(220 - 8.0 * near[f], DARK)] * (near[f] > 3) + [(222 + 8.0 * near[f], FAIR)] for f in range(30)}
    dark, fair = people_in(frames, 30)
    assert all(x < 221 for x in places(dark)) and all(x > 221 for x in places(fair))


def test_who_comes_back_in_part_first_is_put_together_with_who_they_were() -> None:
    """In at the edge of the picture: the first looks are like nobody's, and each goes on best with the one before."""
    coming = [DARK.copy() for _ in range(6)]
    for at, look in enumerate(coming):
        look[..., 1] += np.uint8(36 - 6 * at)
    frames = {f: [(100 + 6.0 * f, DARK)] for f in range(12)}
    frames |= {40 + at: [(400 - 6.0 * at, look)] for at, look in enumerate([*coming, *[DARK] * 12])}
    (dark,) = people_in(frames, 58)
    assert [seen.frame for seen in dark.sightings] == [*range(12), *range(40, 58)]


def test_a_stranger_who_comes_in_later_is_someone_else() -> None:
    frames = {f: [(100 + 6.0 * f, DARK)] for f in range(12)} | {f: [(100 + 6.0 * f, FAIR)] for f in range(30, 44)}
    assert [len(person.sightings) for person in people_in(frames, 44)] == [12, 14]


def test_who_leaves_and_comes_back_on_the_other_side_is_known_again() -> None:
    frames = {f: [(300.0, FAIR)] for f in range(80)}
    for f in range(10):
        frames[f].append((60 - 6.0 * f, DARK))
        frames[60 + f].append((500 - 6.0 * f, DARK))
    dark, fair = sorted(people_in(frames, 80), key=lambda person: len(person.sightings))
    assert len(dark.sightings) == 20 and len(fair.sightings) == 80


def test_a_stranger_in_the_same_place_is_someone_else() -> None:
    frames = {f: [(200.0, DARK if f < 10 else FAIR)] for f in range(20)}
    assert [len(person.sightings) for person in people_in(frames, 20)] == [10, 10]


def test_people_are_numbered_by_appearance_then_from_the_left() -> None:
    frames = {f: [(300.0, FAIR), (100.0, DARK)] for f in range(20)}
    for f in range(5, 20):
        frames[f].append((30.0, np.full((12, 12, 3), 200, np.uint8)))
    assert [places(person)[0] for person in people_in(frames, 20)] == [100, 300, 30]


@pytest.mark.parametrize(("count", "people"), [(20, 0), (3, 1), (1, 1)])
def test_a_glimpse_is_nobody_unless_the_clip_is_as_short(count: int, people: int) -> None:
    assert len(people_in({0: [(100.0, DARK)]}, count)) == people


def test_nobody_is_nobody() -> None:
    assert people_in({}, 5) == []


def test_a_person_remembers_a_few_looks_the_first_one_among_them() -> None:
    person = Person([sighting(0, 0, 100, DARK)])
    for frame in range(1, 40):
        look = DARK.copy()
        look[..., 2] += np.uint8(6 * frame % 120)
        person.see(sighting(frame, 0, 100, look))
    assert len(person.looks) <= 8
    assert (person.looks[0] == DARK).all()
