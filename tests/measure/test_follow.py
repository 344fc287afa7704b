"""Following people over frames, and finding cuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.frames import Box, FrameRange
from pipeline.measure.follow import PATIENCE, CutTest, Follower

SAMPLES = Path(__file__).parents[2] / "samples"


def test_the_cut_of_the_sample_shot_is_found_and_nothing_else() -> None:
    test = CutTest()
    frames = read_frames(probe(SAMPLES / "interview" / "plate.mp4"), FrameRange(52, 75))
    assert [frame.number for frame in frames if test.step(frame.pixels)] == [64]


def test_a_moving_shot_has_no_cut() -> None:
    test = CutTest()
    frames = read_frames(probe(SAMPLES / "stairwell" / "plate.mp4"), FrameRange(70, 93))
    assert not any(test.step(frame.pixels) for frame in frames)


def test_steady_fast_movement_is_no_cut() -> None:
    """Only where it begins, with nothing known of the shot, may it be taken for one."""
    wide = (
        np.random.default_rng(1).integers(0, 256, (12, 200, 1)).repeat(30, axis=0).repeat(30, axis=1).repeat(3, axis=2)
    )
    test = CutTest()
    pan = [
        test.step(np.ascontiguousarray(wide[:, 8 * frame : 8 * frame + 640]).astype(np.uint8)) for frame in range(30)
    ]
    assert not any(pan[2:])


def test_two_people_keep_their_numbers_when_the_larger_changes() -> None:
    follower = Follower()
    for step in range(10):
        left = Box(100 + 4 * step, 50, 60 + 2 * step, 60 + 2 * step)
        right = Box(300 - 4 * step, 60, 70, 70)
        found = follower.step([left, right] if step % 2 else [right, left], cut=False)
        boxes = {followed.person: followed.box for followed in found}
        assert boxes == {0: right, 1: left}


def test_a_lost_face_is_looked_for_at_its_last_place_for_a_while() -> None:
    follower = Follower()
    box = Box(10, 10, 50, 50)
    follower.step([box], cut=False)
    for _ in range(PATIENCE):
        assert [followed.box for followed in follower.step([], cut=False)] == [box]
    assert follower.step([], cut=False) == []
    assert [followed.person for followed in follower.step([box], cut=False)] == [1]


def test_a_face_found_again_in_time_is_the_same_person() -> None:
    follower = Follower()
    follower.step([Box(10, 10, 50, 50)], cut=False)
    follower.step([], cut=False)
    assert [followed.person for followed in follower.step([Box(16, 12, 50, 50)], cut=False)] == [0]


def test_a_cut_or_a_jump_begins_a_new_person() -> None:
    follower = Follower()
    box = Box(10, 10, 50, 50)
    follower.step([box], cut=False)
    assert [followed.person for followed in follower.step([box], cut=True)] == [1]
    assert [followed.person for followed in follower.step([Box(200, 10, 50, 50)], cut=False)] == [1, 2]
