"""Skeletons in OpenPose's order, and OpenPose's own network in place of MediaPipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import ModelMissing
from pipeline.people.landmarks import BodyPoints, BodyPose
from pipeline.prepare.controls import Annotator
from pipeline.prepare.drawing import openpose_points
from pipeline.prepare.openpose import WEIGHTS, keypoint_array
from pipeline.prepare.skeleton import draw_bodies
from tests.people import pictures

NOSE, NECK, RIGHT_SHOULDER, RIGHT_WRIST, LEFT_SHOULDER, LEFT_WRIST, RIGHT_EYE, LEFT_EYE = 0, 1, 2, 4, 5, 7, 14, 15


def test_a_body_is_put_into_openpose_order() -> None:
    with BodyPose() as pose:
        body = pose.find(pictures.frame(pictures.MEDIUM))
    assert body is not None
    points = openpose_points(body)
    assert points.shape == (18, 2)
    assert points[RIGHT_WRIST, 0] < points[RIGHT_SHOULDER, 0] < points[NECK, 0] < points[LEFT_SHOULDER, 0]
    assert points[LEFT_SHOULDER, 0] < points[LEFT_WRIST, 0] and points[RIGHT_EYE, 0] < points[LEFT_EYE, 0]
    assert points[NECK] == pytest.approx((points[RIGHT_SHOULDER] + points[LEFT_SHOULDER]) / 2)
    assert points[NOSE, 1] < points[NECK, 1]


def test_points_that_are_not_surely_seen_are_left_out() -> None:
    visibility = np.ones(33, np.float32)
    visibility[[12, 16]] = 0.4
    points = openpose_points(BodyPoints(np.ones((33, 2), np.float32), visibility))
    unseen = {int(index) for index in np.nonzero(np.isnan(points).any(axis=1))[0]}
    assert unseen == {RIGHT_SHOULDER, RIGHT_WRIST, NECK}, "without a shoulder there is no middle of both"


def test_a_skeleton_is_drawn_in_openpose_colours_and_only_inside() -> None:
    points = np.full((18, 2), np.nan, np.float32)
    points[NOSE], points[NECK], points[RIGHT_SHOULDER], points[LEFT_SHOULDER] = (
        (0.5, 0.2),
        (0.5, 0.6),
        (0.2, 0.6),
        (1.2, 0.6),
    )
    picture = draw_bodies([points], 200, 100)
    assert tuple(picture[20, 100]) == (255, 0, 0), "nose"
    assert tuple(picture[60, 100]) == (255, 85, 0), "neck"
    assert tuple(picture[60, 40]) == (255, 170, 0), "right shoulder"
    assert tuple(picture[60, 70]) == (153, 0, 0), "the limb between them, at 60 %"
    assert not picture[:, 120:].any(), "the left shoulder is outside, and so is its limb"


@pytest.mark.parametrize("size", [(640, 360), (448, 256), (96, 128)])
def test_the_skeleton_is_that_of_the_annotator(size: tuple[int, int]) -> None:
    from controlnet_aux.open_pose.body import Keypoint
    from controlnet_aux.open_pose.util import draw_bodypose

    with BodyPose() as pose:
        body = pose.find(pictures.frame(pictures.MEDIUM))
    assert body is not None
    real = openpose_points(body) / np.array([640, 360], np.float32)
    scattered = np.random.default_rng(1).uniform(0, 1, (18, 2)).astype(np.float32)
    for points in (real, scattered):
        keypoints: list[Any] = [None if np.isnan(x) or y >= 1 else Keypoint(float(x), float(y)) for x, y in points]
        official = draw_bodypose(np.zeros((size[1], size[0], 3), np.uint8), keypoints)
        assert np.array_equal(draw_bodies([points], *size), official)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=WEIGHTS):
        Annotator(tmp_path)


def test_openpose_weights_take_the_place_of_mediapipe(tmp_path: Path) -> None:
    """The network in its true shape with every weight 0 sees nobody, where MediaPipe sees a body."""
    from controlnet_aux.open_pose.model import bodypose_model

    shapes = {name.split(".", 1)[1]: value.shape for name, value in bodypose_model().state_dict().items()}
    torch.save({name: torch.zeros(1).expand(shape) for name, shape in shapes.items()}, tmp_path / WEIGHTS)
    crop = np.ascontiguousarray(pictures.frame(pictures.MEDIUM)[60:260, 210:410])
    with Annotator() as mediapipe, Annotator(tmp_path) as openpose:
        assert mediapipe.hint("openpose", crop, (96, 128)).any()
        hint = openpose.hint("openpose", crop, (96, 128))
        assert hint.shape == (128, 96, 3) and not hint.any()


def test_openpose_keypoints_become_points() -> None:
    from controlnet_aux.open_pose.body import Keypoint

    points = keypoint_array([Keypoint(0.25, 0.5), None, Keypoint(1.0, 0.0)])
    assert points.dtype == np.float32
    assert np.array_equal(points, np.array([[0.25, 0.5], [np.nan, np.nan], [1, 0]], np.float32), equal_nan=True)
