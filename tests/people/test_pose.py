"""The frame of a face: it goes with the head and not with the jaw; and what a face is known again by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FacePoints
from pipeline.people.pose import Pose, Reach, look_of, unlike
from tests.people import pictures


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


def largest(finder: FaceFinder, picture: np.ndarray) -> FacePoints:
    return finder.find(picture, 10)[0].points


def test_points_go_into_the_frame_and_out_again(finder: FaceFinder) -> None:
    points = largest(finder, pictures.turned(pictures.CLOSE_UP, 30))
    pose = Pose.of(points)
    assert pose.outward(pose.inward(points[:, :2])) == pytest.approx(points[:, :2], abs=1e-3)
    own = pose.inward(points[:, :2])
    assert own[10, 1] < own[152, 1] and abs(own[10, 0] - own[152, 0]) < 1e-3, "the forehead is right above the chin"


def test_moving_turning_and_growing_change_the_frame_alone(finder: FaceFinder) -> None:
    points = largest(finder, pictures.frame(pictures.CLOSE_UP))
    turn = np.radians(25)
    matrix = 1.5 * np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    before, after = Pose.of(points), Pose.of((points @ matrix.T + [40, 30, 0]).astype(np.float32))
    assert after.angle - before.angle == pytest.approx(25, abs=0.01)
    assert after.size / before.size == pytest.approx(1.5, abs=1e-3)
    assert after.inward(points[:, :2] @ matrix[:2, :2].T + [40, 30]) == pytest.approx(
        before.inward(points[:, :2]), abs=1e-3
    )


def test_the_jaw_does_not_move_the_frame(finder: FaceFinder) -> None:
    points = largest(finder, pictures.frame(pictures.CLOSE_UP))
    open_mouth = points.copy()
    open_mouth[[152, 148, 377, 175, 17]] += [0, 25, 0]
    before, after = Pose.of(points), Pose.of(open_mouth)
    assert (after.x, after.y, after.size) == (before.x, before.y, before.size)
    assert Reach.of(open_mouth, after).down > Reach.of(points, before).down + 15


def test_a_face_is_like_itself_and_unlike_another(finder: FaceFinder) -> None:
    frames = [pictures.frame(pictures.CLOSE_UP), pictures.frame(pictures.CLOSE_UP + 1), pictures.frame(100)]
    frames.append(pictures.turned(pictures.CLOSE_UP, 30))
    one, following, later, turned = (look_of(picture, Pose.of(largest(finder, picture))) for picture in frames)
    assert unlike(one, one) == 0
    assert unlike(one, following) < 3
    assert unlike(one, turned) < unlike(one, later)
    darker = look_of((frames[0] * 0.9).astype(np.uint8), Pose.of(largest(finder, frames[0])))
    assert unlike(one, darker) < 4, "light that changed on the whole is left aside"
