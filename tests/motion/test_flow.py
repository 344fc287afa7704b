"""Flow against motion that is known: direction, hidden parts, edges, several steps, other sizes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import PhotoplayError
from pipeline.motion.flow import compose, estimate, estimate_both, scaled, still, warp
from pipeline.motion.source import Given, between, walk
from tests.motion.scenes import SIZE, Panning, uniform


def test_the_flow_says_where_things_went() -> None:
    scene = Panning(speed=(1.5, 0.5))
    flow = estimate(scene.picture(0), scene.picture(2), 0, 2)
    assert (flow.frame, flow.to) == (0, 2)
    assert flow.vectors.shape == (*SIZE, 2) and flow.vectors.dtype == np.float32
    assert np.abs(flow.vectors[flow.seen] - (3.0, 1.0)).mean() < 0.1


def test_both_ways_are_what_each_way_alone_is() -> None:
    scene = Panning()
    forth, back = estimate_both(scene.picture(0), scene.picture(1), 0, 1)
    alone = estimate(scene.picture(1), scene.picture(0), 1, 0)
    assert (back.frame, back.to) == (1, 0)
    assert np.array_equal(alone.vectors, back.vectors) and np.array_equal(alone.seen, back.seen)
    assert np.array_equal(estimate(scene.picture(0), scene.picture(1), 0, 1).vectors, forth.vectors)


def test_warping_along_the_flow_brings_the_other_picture_here() -> None:
    scene = Panning(speed=(3.0, 1.0))
    here, there = scene.picture(0).astype(np.float32), scene.picture(1).astype(np.float32)
    carried, seen = warp(there, estimate(scene.picture(0), scene.picture(1), 0, 1))
    assert np.abs(carried - here)[seen].mean() < 2.0 < np.abs(there - here)[seen].mean() / 5


def test_lanczos_keeps_more_detail_than_bilinear() -> None:
    flow = uniform(0, 1, (0.5, 0.5))
    fine = np.random.default_rng(0).normal(size=SIZE).astype(np.float32)
    soft, sharp = (warp(fine, flow, by)[0] for by in ("bilinear", "lanczos"))
    assert soft.std() < 0.6 < 0.7 < sharp.std()


def test_what_leaves_the_picture_or_is_covered_is_not_seen() -> None:
    scene = Panning(speed=(4.0, 0.0), square=True)
    flow = estimate(scene.picture(0), scene.picture(2), 0, 2)
    assert flow.seen[8:-8, 8:40].mean() > 0.95, "the open wall"
    assert not flow.seen[:, -6:].any(), "it moves out on the right by 8 pixels"
    assert flow.seen[38:58, 41:46].mean() < 0.3, "it moves behind the square"
    assert np.abs(flow.vectors[40:56, 56:72]).max() < 0.5, "the square stands still"


def test_composed_steps_are_the_long_way() -> None:
    assert np.allclose(compose(uniform(0, 1, (2, 1)), uniform(1, 2, (2, 1))).vectors, uniform(0, 2, (2, 1)).vectors)
    motion = Panning(speed=(1.5, -0.5)).motion()
    far = between(motion, 3, 9)
    assert far is not None and (far.frame, far.to) == (3, 9)
    assert np.abs(far.vectors[far.seen] - (9.0, -3.0)).mean() < 0.3
    assert not far.seen[:, -7:].any()


def test_what_is_hidden_on_the_way_is_not_seen_at_the_end() -> None:
    first, second = uniform(0, 1, (3, 0)), uniform(1, 2, (3, 0))
    second.seen[:, 50:60] = False
    assert not compose(first, second).seen[:, 47:57].any() and compose(first, second).seen[:, :46].all()


def test_flows_that_do_not_meet_are_refused() -> None:
    with pytest.raises(PhotoplayError, match="from frame 2"):
        compose(still(*SIZE, 0, 1), still(*SIZE, 2, 3))
    with pytest.raises(PhotoplayError, match="different sizes"):
        estimate(np.zeros((32, 32, 3), np.uint8), np.zeros((32, 33, 3), np.uint8), 0, 1)
    with pytest.raises(PhotoplayError, match="cannot follow"):
        warp(np.zeros((8, 8, 3), np.float32), still(*SIZE, 0, 1))


def test_a_picture_too_small_to_follow_stands_still() -> None:
    tiny = np.zeros((8, 12, 3), np.uint8)
    assert not estimate(tiny, tiny, 0, 1).vectors.any()


def test_another_size_scales_the_vectors() -> None:
    half = scaled(uniform(0, 1, (4, 2)), SIZE[1] // 2, SIZE[0] // 2)
    assert half.vectors.shape == (SIZE[0] // 2, SIZE[1] // 2, 2) and np.allclose(half.vectors, (2, 1))
    assert not half.seen[:, -2:].any() and half.seen[:-2, :-3].all()


def test_a_walk_comes_by_every_frame_and_stops_at_the_cut() -> None:
    motion = Panning().motion(frames=12)
    assert [flow.to for flow in walk(motion, 6, 9)] == [7, 8, 9]
    assert [flow.to for flow in walk(motion, 6, 3)] == [5, 4, 3]
    assert [flow.to for flow in walk(motion, 10, 20)] == [11]
    assert between(motion, 10, 12) is None and between(motion, 5, 5) is None


def test_steps_are_kept_and_let_go() -> None:
    motion = Panning().motion(frames=200)
    step = motion.step(0, 1)
    assert (0, 1) in motion.kept and (1, 0) in motion.kept
    for frame in range(1, 60):
        motion.step(frame, frame + 1)
    assert len(motion.kept) <= 64 and (0, 1) not in motion.kept
    again = motion.step(0, 1)
    assert step is not None and again is not None and np.array_equal(again.vectors, step.vectors)


def test_motion_that_is_given_goes_before_the_estimate_where_it_is_known() -> None:
    exact = {(3, 4): uniform(3, 4, (1.5, 0.5))}
    motion = Given(lambda frame, to: exact.get((frame, to)), Panning(speed=(1.5, 0.5)).motion(frames=6))
    assert motion.step(3, 4) is exact[3, 4]
    other = motion.step(4, 5)
    assert other is not None and 0 < np.abs(other.vectors[other.seen] - (1.5, 0.5)).mean() < 0.1
    assert motion.step(5, 6) is None, "the shot ends"
