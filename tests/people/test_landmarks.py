"""The MediaPipe adapter: landmarks come in pixels of the given picture."""

from __future__ import annotations

import gc
import weakref

import cv2
import numpy as np
import pytest

from pipeline.people.landmarks import BodyPose, FaceMesh
from pipeline.people.silhouette import Silhouettes
from tests.people import pictures


def test_face_points_are_pixels_of_the_given_picture() -> None:
    picture = pictures.frame(pictures.CLOSE_UP)
    with FaceMesh() as mesh:
        (points,) = mesh.find(picture)
        (twice,) = mesh.find(cv2.resize(picture, (1280, 720)).astype(np.uint8))
    box = pictures.true_box(pictures.CLOSE_UP)
    assert points.shape == (478, 3) and points.dtype == np.float32
    assert box.x < points[1, 0] < box.right and box.y < points[1, 1] < box.bottom, "the tip of the nose"
    assert points[10, 1] < points[1, 1] < points[152, 1], "forehead, nose, chin"
    assert twice[:, :2] == pytest.approx(2 * points[:, :2], abs=6)


def test_a_body_has_its_nose_in_its_face_and_its_right_hand_on_the_left_of_the_picture() -> None:
    with BodyPose() as pose:
        body = pose.find(pictures.frame(pictures.MEDIUM))
    assert body is not None
    assert body.points.shape == (33, 2) and body.visibility.shape == (33,)
    box, nose = pictures.true_box(pictures.MEDIUM), body.points[0]
    assert box.x < nose[0] < box.right and box.y < nose[1] < box.bottom
    assert body.points[16, 0] < box.x and body.points[15, 0] > box.right, "the wrists"
    assert body.visibility[0] > 0.9 > 0.5 > body.visibility[27], "ankles are below the picture"


def test_no_body_in_nothing() -> None:
    with BodyPose() as pose, FaceMesh() as mesh:
        assert pose.find(pictures.noise()) is None
        assert mesh.find(pictures.noise()) == []


def test_landmarks_and_masks_do_not_wait_for_the_garbage_collector() -> None:
    picture = pictures.frame(pictures.CLOSE_UP)
    with FaceMesh() as mesh, Silhouettes() as silhouettes:
        gc.collect()
        gc.disable()
        try:
            points, mask = mesh.find(picture), weakref.ref(silhouettes.confidence(picture))
            waiting = [each for each in gc.get_objects() if type(each).__name__ == "NormalizedLandmarkList"]
        finally:
            gc.enable()
    assert len(points) == 1 and mask() is None
    assert not waiting
