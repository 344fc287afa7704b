"""Tracks as a pass sees them: hysteresis, fading, crops that hold still and hold the face."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.frames import FrameRange
from pipeline.motion.cuts import Cuts
from pipeline.people.staging import FADE, Staged, Stand, at, faded, staged, turned
from pipeline.people.tracks import Run, Tracks
from pipeline.recipe.passes import Face

COUNT = 60
WHOLE = FrameRange(0, COUNT - 1)


def run(
    x: ArrayLike = 320.0,
    size: ArrayLike = 20.0,
    angle: ArrayLike = 0.0,
    frames: FrameRange = WHOLE,
    hidden: ArrayLike = False,
) -> Run:
    """A run with these curves, or constants, of a face twice as wide and a bit more than twice as high as its size."""
    poses = np.zeros((len(frames), 4))
    for column, values in enumerate((x, 180.0, size, angle)):
        poses[:, column] = values
    reaches = np.asarray(poses[:, 2:3] * np.array([1.0, 1.0, 1.2, 1.4]), np.float64)
    behind = np.zeros(len(frames), bool)
    behind[:] = hidden
    return Run(1, frames, np.zeros(len(frames), np.int32), poses, reaches, behind)


def stage(one: Run) -> Staged:
    return staged(Tracks((one,)), Face(), Stand((640, 360), 24.0, 20, Cuts(WHOLE, ())))[0]


def test_a_face_near_the_rotation_threshold_does_not_flip() -> None:
    shaking = 20 + 2.5 * np.sin(np.arange(COUNT))
    turns = turned(shaking, 20)
    assert (turns[15:] > 15).all(), "once turned, it stays turned"
    assert (turned(19 + np.sin(np.arange(COUNT)) * 0.9, 20) == 0).all()


def test_a_crop_begins_to_turn_softly() -> None:
    turns = turned(np.linspace(0, 40, COUNT), 20)
    assert turns[0] == 0 and turns[-1] == pytest.approx(40)
    assert np.diff(turns).max() < 4
    assert turned(np.linspace(0, 40, COUNT), 0) == pytest.approx(np.linspace(0, 40, COUNT))
    assert turned(np.full(COUNT, 190.0), 20) == pytest.approx(np.full(COUNT, 190.0)), "170 the other way round"


def test_a_face_near_the_least_size_does_not_come_and_go() -> None:
    size = 30 / 2 + 0.8 * np.sin(np.arange(COUNT))
    assert (stage(run(size=size)).presence[5:] == 1).all()
    assert (stage(run(size=np.full(COUNT, 12.0))).presence == 0).all()


def test_layers_come_and_go_over_some_frames_but_not_at_a_cut() -> None:
    later = stage(run(frames=FrameRange(10, 40)))
    assert later.presence[: FADE + 1] == pytest.approx(np.arange(1, FADE + 2).clip(0, FADE) / FADE)
    assert later.presence[-1] == pytest.approx(1 / FADE) and later.presence[10] == 1
    assert (stage(run()).presence == 1).all()
    hidden = np.zeros(COUNT, bool)
    hidden[30:33] = True
    assert stage(run(hidden=hidden)).presence[27:36] == pytest.approx([0.6, 0.4, 0.2, 0, 0, 0, 0.2, 0.4, 0.6])
    assert (faded(np.ones(3, bool), (True, True)) == 0).all()


def test_a_face_outside_of_the_plate_is_left_alone() -> None:
    leaving = stage(run(x=np.linspace(320, -60, COUNT)))
    assert leaving.presence[-1] == 0 and leaving.presence[30] == 1
    assert [s.run.person for s in at([leaving], 30)] == [1] and at([leaving], COUNT - 1) == []


def test_the_crop_follows_the_face_and_holds_its_size() -> None:
    jaw = run(x=np.linspace(300, 340, COUNT), size=20 + 0.5 * np.sin(np.arange(COUNT)))
    crops = stage(jaw).crops
    assert crops[:, 0] == pytest.approx(jaw.middles[:, 0])
    assert np.abs(np.diff(crops[:, 2])).max() < 0.1
    needed = 2 * (jaw.halves.max(axis=1) + 20)
    assert (crops[:, 2] >= needed).all() and (crops[:, 2] < needed * 1.1).all()


def test_a_turned_crop_holds_the_face_as_well() -> None:
    upright, leaning = stage(run()), stage(run(angle=15.0))
    across, along = 20.0, 26.0
    lean = np.radians(15)
    assert leaning.crops[30, 2] >= 2 * (np.hypot(along * np.cos(lean), across * np.sin(lean)) + 20)
    assert leaning.crops[30, 3] == 0
    assert stage(run(angle=40.0)).crops[30, 3] == pytest.approx(40)
    assert stage(run(angle=40.0)).crops[30, 2] == pytest.approx(upright.crops[30, 2], rel=0.01)


def test_crops_stay_inside_the_plate_as_long_as_they_fit() -> None:
    for x in (5.0, 635.0):
        crop = stage(run(x=x)).crop(30)
        assert crop.side / 2 <= crop.x <= 640 - crop.side / 2
    large = stage(run(size=200.0)).crop(30)
    assert large.side > 360 and large.y == 180


def test_the_faces_own_square_is_as_large_as_the_crop_on_the_average() -> None:
    growing = stage(run(size=np.linspace(20, 24, COUNT), angle=10.0))
    own, crop = growing.face(30), growing.crop(30)
    assert own.side == pytest.approx(crop.side, rel=0.03)
    assert own.angle == 10 and crop.angle == 0
    assert growing.face(59).side / growing.face(0).side == pytest.approx(1.2)


def test_the_nearest_face_is_laid_over_last() -> None:
    small, large = stage(run(size=20.0)), stage(run(x=400.0, size=40.0))
    assert at([large, small], 10) == [small, large]
