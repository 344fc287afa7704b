from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.filters.between import between
from pipeline.filters.dejitter import dejittered, moved, stabilised
from pipeline.filters.round_trip import lost_share, there_and_back
from pipeline.filters.stream import Expression, Scene
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Dejitter, RoundTrip, Stabilise
from tests.filters.clips import panned, scene_of, stream_of


def places(pictures: list[FloatPicture]) -> np.ndarray:
    """How far each frame has slid from the first, in pixels, measured in the lower half where nothing else moves."""
    first = cv2.cvtColor(pictures[0][120:], cv2.COLOR_RGB2GRAY)
    window = cv2.createHanningWindow((first.shape[1], first.shape[0]), cv2.CV_32F)
    return np.array([cv2.phaseCorrelate(first, cv2.cvtColor(p[120:], cv2.COLOR_RGB2GRAY), window)[0] for p in pictures])


def test_a_shake_is_taken_out_and_the_pan_is_left() -> None:
    steady = panned(20, speed=1.0)
    shakes = np.random.default_rng(2).uniform(-1.5, 1.5, (20, 2))
    shaken = [moved(picture, np.array([x, y, 0, 0])) for picture, (x, y) in zip(steady, shakes, strict=True)]
    made = [m.pixels for m in dejittered(stream_of(shaken), Dejitter(), scene_of(shaken))]
    roughness = [np.abs(np.diff(places(clip), 2, axis=0)).mean() for clip in (shaken, made)]
    assert roughness[1] < 0.35 * roughness[0]
    assert places(made)[-1, 0] - places(made)[0, 0] == pytest.approx(-19, abs=2)


def test_against_the_plate_the_cameras_own_shake_is_kept_and_the_passes_is_not() -> None:
    shakes = np.random.default_rng(2).uniform(-1.5, 1.5, (20, 2))
    plate = [moved(p, np.array([x, y, 0, 0])) for p, (x, y) in zip(panned(20, speed=1.0), shakes, strict=True)]
    added = np.random.default_rng(3).uniform(-1.5, 1.5, (20, 2))
    render = [moved(p, np.array([x, y, 0, 0])) for p, (x, y) in zip(plate, added, strict=True)]
    settings = Dejitter(against="plate")
    made = [m.pixels for m in dejittered(stream_of(render), settings, scene_of(plate))]
    roughness = [np.abs(np.diff(places(clip) - places(plate), 2, axis=0)).mean() for clip in (render, made)]
    assert roughness[1] < 0.35 * roughness[0]


def test_shakes_below_the_least_leave_the_picture_as_it_is() -> None:
    plate = panned(12, speed=1.0)
    shakes = np.random.default_rng(2).uniform(-0.2, 0.2, (12, 2))
    shakes[6] = 2.0, 0.0
    render = [moved(p, np.array([x, y, 0, 0])) for p, (x, y) in zip(plate, shakes, strict=True)]
    settings = Dejitter(against="plate", least=1.0, largest=0.1)
    made = [m.pixels for m in dejittered(stream_of(render), settings, scene_of(plate))]
    assert [bool((a == b).all()) for a, b in zip(made, render, strict=True)] == [n != 6 for n in range(12)]


def test_a_jump_that_is_meant_is_kept() -> None:
    pictures = panned(8, speed=0) + [moved(p, np.array([30.0, 0, 0, 0])) for p in panned(8, speed=0)]
    made = [m.pixels for m in dejittered(stream_of(pictures), Dejitter(largest=0.01), scene_of(pictures))]
    assert (places(made)[8] - places(made)[7])[0] == pytest.approx(30, abs=2)


def test_a_frame_between_lies_between() -> None:
    pictures = panned(3, speed=3.0)
    errors = [
        np.abs(p - pictures[1])[:, 20:-20].mean()
        for p in (between(pictures[0], pictures[2], 0.5), (pictures[0] + pictures[2]) / 2)
    ]
    assert errors[0] < 0.35 * errors[1]


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_a_round_trip_keeps_length_and_every_other_frame(count: int) -> None:
    pictures = panned(count)
    made = list(there_and_back(stream_of(pictures), RoundTrip(guard=1), scene_of(pictures)))
    assert [m.number for m in made] == list(range(count))
    for moment in made[::2]:
        assert (moment.pixels == pictures[moment.number]).all()
    assert all((m.pixels != pictures[m.number]).any() for m in made[1:-1:2])


def blinking(picture: FloatPicture) -> Expression:
    """An eye for the test: how dark a corner of the picture is."""
    return np.array([1 - float(picture[:8, :8].mean())])


def test_a_blink_in_a_single_frame_is_put_back() -> None:
    pictures = panned(5, speed=0)
    for number, picture in enumerate(pictures):
        picture[:8, :8] = 0.1 if number == 1 else 0.8
    base = scene_of(pictures)
    scene = Scene(base.plate, base.faces, blinking, base.cuts)
    guarded = [m.pixels for m in there_and_back(stream_of(pictures), RoundTrip(guard=0.5), scene)]
    assert (guarded[1] == pictures[1]).all()
    assert (guarded[3] != pictures[3]).any()
    unguarded = [m.pixels for m in there_and_back(stream_of(pictures), RoundTrip(guard=1), scene)]
    assert unguarded[1][:8, :8].mean() > 0.5


def test_what_is_lost_is_counted_against_what_was_meant() -> None:
    rest, wide = np.array([0.1, 0.0]), np.array([0.9, 0.0])
    assert lost_share(rest, wide, rest, wide) == pytest.approx(0)
    assert lost_share(rest, wide, rest, rest) == pytest.approx(1)
    assert lost_share(rest, wide, rest, (rest + wide) / 2) == pytest.approx(0.5)
    assert lost_share(rest, rest + 0.005, rest, rest) == 0


def test_a_hand_held_camera_is_smoothed_and_no_edge_shows() -> None:
    pictures = panned(30, speed=1.0)
    shakes = np.cumsum(np.random.default_rng(2).normal(0, 0.8, (30, 2)), axis=0).clip(-3, 3)
    shaken = [moved(picture, np.array([x, y, 0, 0])) for picture, (x, y) in zip(pictures, shakes, strict=True)]
    made = [m.pixels for m in stabilised(stream_of(shaken), Stabilise(reach=10, zoom=0.06), scene_of(shaken))]
    roughness = [np.abs(np.diff(places(clip), 2, axis=0)).mean() for clip in (shaken, made)]
    assert roughness[1] < 0.45 * roughness[0]
    marked = [np.pad(np.full((178, 318, 3), 0.5, np.float32), ((1, 1), (1, 1), (0, 0))) for _ in range(5)]
    plain = [m.pixels for m in stabilised(stream_of(marked), Stabilise(zoom=0.06), scene_of(marked))]
    assert all(picture.min() > 0.4 for picture in plain), "the black rim is outside of the enlarged picture"


def test_a_shake_larger_than_the_zoom_hides_is_taken_out_in_part() -> None:
    pictures = panned(9, speed=0)
    pictures[4] = moved(pictures[4], np.array([40.0, 0, 0, 0]))
    made = [m.pixels for m in stabilised(stream_of(pictures), Stabilise(reach=4, zoom=0.05), scene_of(pictures))]
    assert abs((places(made)[4] - places(made)[3])[0]) > 20
