"""Sets, lights and cameras: from the seed alone, facing outwards, and framing what they should."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from training.draft.kit.cameras import FACE, FRAMINGS, SENSOR, hand_held, random_camera
from training.draft.kit.lighting import MOODS, SUNS, random_lighting, towards, white
from training.draft.kit.palette import linear
from training.draft.kit.props import Prop, ball, box, corners, lathe
from training.draft.kit.sets import Stage, random_room, random_street, random_table

SETS = (random_room, random_table, random_street)


@pytest.mark.parametrize("prop", [box((1, 2, 3), (1, 2, 3), (1, 1, 1)), ball((1, 2, 3), 0.5, (1, 1, 1))])
def test_faces_look_outwards(prop: Prop) -> None:
    rows = corners([prop])[prop.material]
    inside = rows[:, :3] - np.array([1, 2, 3])
    assert (np.einsum("ni,ni->n", inside, rows[:, 3:6]) > 0).all()
    assert np.linalg.norm(rows[:, 3:6], axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-5)


def test_a_turned_body_has_its_profile() -> None:
    cone = lathe((0, 0, 1), [(0.5, 0), (0.001, 2)], (1, 0, 0), around=64)
    assert np.ptp(cone.vertices, axis=0) == pytest.approx([1, 1, 2], abs=0.01)
    assert cone.vertices[:, 2].min() == 1


@pytest.mark.parametrize("made", SETS)
def test_sets_come_from_their_seed(made: Callable[[int], Stage]) -> None:
    first, second, other = made(7), made(7), made(8)
    assert first.words == second.words
    assert all(np.array_equal(a.vertices, b.vertices) for a, b in zip(first.props, second.props, strict=True))
    assert len(first.props) != len(other.props) or first.lighting.words != other.lighting.words
    for rows in corners(first.props).values():
        assert rows.shape[1] == 11
        assert np.isfinite(rows).all()


@pytest.mark.parametrize("moods", [MOODS, SUNS])
def test_light_comes_from_the_side_it_says(moods: tuple) -> None:
    for seed in range(40):
        lighting = random_lighting(np.random.default_rng(seed), moods)
        key = lighting.by_role("key")
        assert key is not None
        assert lighting.words.endswith("the right") == (key.direction[0] > 0)
        assert np.linalg.norm(key.direction) == pytest.approx(1)
        assert lighting.ambient.min() > 0


def test_directions_and_colours() -> None:
    assert towards(0, 0) == pytest.approx([0, -1, 0])
    assert towards(90, 0) == pytest.approx([1, 0, 0], abs=1e-9)
    assert white(3000)[0] > white(3000)[2]
    assert white(6500) == pytest.approx([1, 1, 1])
    assert linear((255, 128, 0)) == pytest.approx([1, 0.2159, 0], abs=1e-3)


@pytest.mark.parametrize("name", FRAMINGS)
def test_a_camera_sees_its_subject(name: str) -> None:
    framing, centre = FRAMINGS[name], np.array([0.3, -0.1, 0.66])
    for seed in range(30):
        camera = random_camera(np.random.default_rng(seed), framing, centre, 16 / 9)
        clip = camera.projection(16 / 9) @ camera.view() @ np.append(centre - np.array([0, 0, framing.drop]), 1)
        assert np.abs(clip[:2] / clip[3]).max() < 0.9
        assert camera.eye[1] < centre[1]


def test_a_framing_is_as_tight_as_it_says() -> None:
    camera = random_camera(np.random.default_rng(0), FRAMINGS["close-up"], np.zeros(3), 1.0)
    height = np.linalg.norm(camera.eye - camera.target) * SENSOR / camera.lens
    assert 0.5 <= FACE / height <= 0.74


def test_a_view_is_a_rotation_and_looks_at_its_target() -> None:
    camera = random_camera(np.random.default_rng(3), FRAMINGS["wide shot"], np.array([0, 1, 0.3]), 1.0)
    view = camera.view()
    assert view[:3, :3] @ view[:3, :3].T == pytest.approx(np.eye(3), abs=1e-9)
    seen = view @ np.append(camera.target, 1)
    assert seen[:2] == pytest.approx([0, 0], abs=1e-9)
    assert seen[2] < 0


def test_a_hand_held_camera_goes_from_one_place_to_the_other() -> None:
    ends = [random_camera(np.random.default_rng(n), FRAMINGS["medium"], np.zeros(3), 1.0) for n in range(2)]
    path = hand_held(np.random.default_rng(5), ends[0], ends[1], 24, 24.0)
    assert len(path) == 26
    assert path[1].eye == pytest.approx(ends[0].eye, abs=0.02)
    assert path[-1].eye == pytest.approx(ends[1].eye, abs=0.02)
    assert max(float(np.linalg.norm(b.eye - a.eye)) for a, b in pairwise(path)) < 0.3
