"""Finding faces in frames whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from cv2.data import haarcascades

from pipeline.frames import Box
from pipeline.people.boxes import overlaps
from pipeline.people.finder import FaceFinder, FoundFace, upright_angle
from pipeline.people.landmarks import FaceMesh
from tests.people import pictures


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


@pytest.mark.parametrize("number", range(0, 116, 12))
def test_the_one_face_of_every_frame_is_found_where_it_is(finder: FaceFinder, number: int) -> None:
    """The truth's box holds the whole head's front, so a perfect mesh agrees with it by about .7."""
    (face,) = finder.find(pictures.frame(number), 30)
    assert pictures.agreement(face.box, pictures.true_box(number)) > 0.6
    assert face.points.shape == (478, 3) and face.points.dtype == np.float32
    assert face.hull.dtype == np.int32 and face.hull.shape[1] == 2
    assert abs(face.angle) < 20
    x, y = face.centre
    assert face.box.y + face.box.height / 2 < y < face.box.bottom and face.box.x < x < face.box.right


def test_a_face_that_the_mesh_misses_is_found_through_the_cascade(finder: FaceFinder) -> None:
    picture = pictures.frame(pictures.MISSED_BY_THE_MESH)
    with FaceMesh() as mesh:
        assert mesh.find(picture) == []
    (face,) = finder.find(picture, 30)
    assert pictures.agreement(face.box, pictures.true_box(pictures.MISSED_BY_THE_MESH)) > 0.6


@pytest.mark.parametrize("number", [*range(2, 116, 19), pictures.MISSED_BY_THE_MESH])
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_the_coarse_look_loses_no_place_of_the_cascade(finder: FaceFinder, number: int, scale: float) -> None:
    picture = cv2.resize(pictures.frame(number), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    cascade = cv2.CascadeClassifier(haarcascades + "haarcascade_frontalface_default.xml")
    own = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(30, 30))
    places = sorted((Box(*map(int, place)) for place in own), key=lambda box: (box.x, box.y, box.width))
    assert finder._haar(picture.astype(np.uint8), []) == places
    known = finder.find(picture.astype(np.uint8), 10)
    left = finder._haar(picture.astype(np.uint8), known)
    assert left == [] or left == places
    assert all(any(overlaps(place, face.box) for face in known) for place in places if place not in left)


def test_a_face_of_41_pixels_in_a_wide_picture_is_found(finder: FaceFinder) -> None:
    scale = 41 / pictures.true_box(pictures.MEDIUM).width
    (face,) = finder.find(pictures.small(pictures.frame(pictures.MEDIUM), scale), 30)
    assert pictures.agreement(face.box, pictures.small_box(pictures.MEDIUM, scale)) > 0.6


def test_a_small_turned_face_is_found_in_a_tile(finder: FaceFinder) -> None:
    (face,) = finder.find(pictures.small(pictures.turned(pictures.MEDIUM, 30), 0.6, 640), 30)
    assert pictures.agreement(face.box, pictures.small_box(pictures.MEDIUM, 0.6, 640)) > 0.4


@pytest.mark.parametrize("degrees", [30, -30, 75])
@pytest.mark.parametrize("number", [pictures.CLOSE_UP, pictures.MEDIUM])
def test_the_angle_counts_anticlockwise(finder: FaceFinder, number: int, degrees: float) -> None:
    (upright,) = finder.find(pictures.frame(number), 30)
    (face,) = finder.find(pictures.turned(number, degrees), 30)
    assert face.angle - upright.angle == pytest.approx(degrees, abs=5)


@pytest.mark.parametrize(
    ("forehead", "degrees"), [((0, -1), 0), ((-1, 0), 90), ((1, 0), -90), ((0, 1), 180), ((1, -1), -45)]
)
def test_angle_of_a_line_from_chin_to_forehead(forehead: tuple[int, int], degrees: float) -> None:
    """y points down: a forehead to the left of the chin is a face turned anticlockwise."""
    points = np.zeros((478, 3), np.float32)
    points[10, :2] = forehead
    assert upright_angle(points) == pytest.approx(degrees)


def test_two_people_are_both_found_the_larger_first(finder: FaceFinder) -> None:
    close, far = finder.find(pictures.pair(), 30)
    assert close.box.right < 400 < far.box.x
    assert close.area > far.area


def test_faces_below_the_minimum_size_are_left_out(finder: FaceFinder) -> None:
    close, far = finder.find(pictures.pair(), 30)
    assert [face.box for face in finder.find(pictures.pair(), far.size)] == [close.box, far.box]
    assert [face.box for face in finder.find(pictures.pair(), far.size + 1)] == [close.box]
    assert finder.find(pictures.pair(), close.size + 1) == ()


@pytest.mark.parametrize(
    "picture", [pictures.noise(), np.zeros((64, 64, 3), np.uint8), np.full((300, 90, 3), 128, np.uint8)]
)
def test_nothing_is_found_where_there_is_nothing(finder: FaceFinder, picture: np.ndarray) -> None:
    assert finder.find(picture, 10) == ()


def test_a_picture_gives_the_same_faces_whatever_came_before() -> None:
    """A render that was stopped and goes on must equal one that was not."""
    seen = [
        pictures.frame(pictures.CLOSE_UP),
        pictures.frame(pictures.MISSED_BY_THE_MESH),
        pictures.noise(),
        pictures.pair(),
        pictures.small(pictures.turned(pictures.MEDIUM, 30), 0.6, 640),
    ]
    with FaceFinder() as first:
        forwards = [first.find(picture, 10) for picture in seen]
    with FaceFinder() as second:
        backwards = [second.find(picture, 10) for picture in reversed(seen)][::-1]
    assert [len(faces) for faces in forwards] == [1, 1, 0, 2, 1]
    for one, other in zip(forwards, backwards, strict=True):
        assert [face.box for face in one] == [face.box for face in other]
        assert all(np.array_equal(a.points, b.points) for a, b in zip(one, other, strict=True))


def test_a_found_face_hull_holds_its_points_but_not_the_irises() -> None:
    points = np.random.default_rng(3).uniform(20, 60, (478, 3)).astype(np.float32)
    points[468:] = 500
    face = FoundFace.of(points)
    assert face.box.right <= 60 and face.box.bottom <= 60
    whole = points[:468, :2].astype(int)
    assert (face.hull.min(0) == whole.min(0)).all() and (face.hull.max(0) == whole.max(0)).all()
