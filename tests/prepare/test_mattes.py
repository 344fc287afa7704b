"""The face matte: its growth against the written-down kernels, its angle, and several faces."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import Box, Frame
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.prepare.matte_stage import _packed, _unpacked
from pipeline.prepare.mattes import bounds, face_matte, grown, growth, hull_matte
from pipeline.recipe.passes import Face
from tests.people import pictures


def square_face(box: Box, degrees: float = 0) -> FoundFace:
    """A face whose hull is the box, turned by this much."""
    points = np.zeros((478, 3), np.float32)
    points[:, 0] = np.where(np.arange(478) % 2, box.x, box.right - 1)
    points[:, 1] = np.where(np.arange(478) % 4 < 2, box.y, box.bottom - 1)
    face = FoundFace.of(points)
    return FoundFace(points, face.hull, face.box, degrees, face.centre)


def blank(height: int) -> Frame:
    return Frame(3, np.zeros((height, height * 16 // 9, 3), np.uint8))


@pytest.mark.parametrize(
    ("height", "left", "top", "right", "bottom"),
    [
        (360, 1, 5, 2, 4),
        (720, 3, 13, 6, 7),
    ],
)
def test_growth_is_that_of_the_three_kernels(height: int, left: int, top: int, right: int, bottom: int) -> None:
    """By hand. 360 rows: 4x4 about its middle (-1, +2), 2 rows x 1 (0, +1), 6 rows x 1 anchored at row 1 (-4, +1).
    720 rows: 8x8 (-3, +4), 4 rows (-1, +2) x 2 columns (0, +1), 11 rows (-9, +1) x 2 columns (0, +1)."""
    box = Box(100, 90, 80, 100)
    matte = face_matte(blank(height), [square_face(box)], Face())
    assert matte is not None
    assert matte.box == Box(box.x - left, box.y - top, box.width + left + right, box.height + top + bottom)
    inside = np.zeros_like(matte.mask)
    matte.box.cut(inside)[:] = 255
    assert np.array_equal(matte.mask, inside)


def test_a_plate_of_64_rows_has_a_matte_too() -> None:
    matte = face_matte(blank(64), [square_face(Box(10, 10, 31, 31))], Face())
    assert matte is not None and matte.box.x <= 10 and matte.box.right >= 41


@pytest.mark.parametrize(("degrees", "expected"), [(19.9, 0), (-19.9, 0), (20, 20), (-35.5, -35.5), (170, 170)])
def test_a_face_turned_by_less_than_the_threshold_counts_as_upright(degrees: float, expected: float) -> None:
    matte = face_matte(blank(360), [square_face(Box(100, 90, 80, 100), degrees)], Face(rotation_threshold=20))
    assert matte is not None and matte.angle == expected


def test_the_largest_face_gives_the_angle_of_the_one_matte() -> None:
    faces = [square_face(Box(20, 20, 40, 40), 50), square_face(Box(200, 90, 80, 100), -40)]
    matte = face_matte(blank(360), faces, Face())
    assert matte is not None and matte.angle == -40
    assert matte.box.x < 20 and matte.box.right > 280
    assert matte.mask[40, 40] == 255 and matte.mask[120, 240] == 255 and matte.mask[100, 130] == 0


def test_no_matte_without_a_face_that_is_large_enough_and_inside() -> None:
    assert face_matte(blank(360), [], Face()) is None
    assert face_matte(blank(360), [square_face(Box(20, 20, 29, 40))], Face(minimum_size=30)) is None
    assert face_matte(blank(360), [square_face(Box(-90, 20, 50, 50))], Face()) is None


def test_a_face_over_the_edge_is_cut_at_the_edge() -> None:
    matte = face_matte(blank(360), [square_face(Box(-20, -20, 60, 60))], Face())
    assert matte is not None
    assert (matte.box.x, matte.box.y) == (0, 0) and matte.box.right == 42


def test_both_people_of_a_frame_are_in_the_matte() -> None:
    frame = Frame(7, pictures.pair())
    with FaceFinder() as finder:
        faces = finder.find(frame.pixels, 30)
    matte = face_matte(frame, faces, Face())
    assert matte is not None
    assert matte.frame == 7 and matte.mask.shape == (360, 800) and set(np.unique(matte.mask)) == {0, 255}
    for face in faces:
        mouth_x, mouth_y = (round(value) for value in face.centre)
        assert matte.mask[mouth_y, mouth_x] == 255
    alone = [face_matte(frame, [face], Face()) for face in faces]
    assert np.array_equal(matte.mask, np.maximum(*(one.mask for one in alone if one is not None)))


def test_the_matte_of_one_face_is_that_of_its_landmarks() -> None:
    frame = Frame(0, pictures.frame(pictures.CLOSE_UP))
    with FaceFinder() as finder:
        (face,) = finder.find(frame.pixels, 30)
    alone, ours = face_matte(frame, [face], Face()), hull_matte(0, face.points[:, :2], (640, 360))
    assert alone is not None and ours is not None
    assert (alone.mask != ours.mask).sum() < 0.02 * (alone.mask > 0).sum(), "corners between the pixels"
    assert hull_matte(0, face.points[:, :2] - [900, 0], (640, 360)) is None
    shifted = hull_matte(0, face.points[:, :2] + [0.5, 0], (640, 360))
    assert shifted is not None and (shifted.mask != ours.mask).any(), "half a pixel is seen"


def test_no_matte_grows_by_more_than_is_said() -> None:
    for height in (64, 360, 720, 1080, 2160):
        mask = np.zeros((height, height), np.uint8)
        mask[height // 2, height // 2] = 255
        box = bounds(grown(mask))
        reach = max(height // 2 - box.x, height // 2 - box.y, box.right - height // 2 - 1, box.bottom - height // 2 - 1)
        assert reach <= growth(height)


def test_the_matte_of_a_real_face_covers_the_face_and_leaves_the_rest() -> None:
    frame = Frame(0, pictures.frame(pictures.CLOSE_UP))
    with FaceFinder() as finder:
        matte = face_matte(frame, finder.find(frame.pixels, 30), Face())
    assert matte is not None and matte.angle == 0
    assert pictures.agreement(matte.box, pictures.true_box(pictures.CLOSE_UP)) > 0.65
    assert 0.7 < (matte.mask > 0).sum() / (matte.box.width * matte.box.height) < 0.95, "an oval in its box"


@pytest.mark.parametrize("box", [Box(100, 90, 80, 100), Box(-30, -20, 90, 80), Box(560, 300, 120, 90)])
def test_a_stored_matte_comes_back_as_it_was(box: Box) -> None:
    matte = face_matte(blank(360), [square_face(box, 40)], Face())
    assert matte is not None
    back = _unpacked(3, _packed(matte))
    assert back is not None and np.array_equal(back.mask, matte.mask) and back.mask.dtype == np.uint8
    assert (back.frame, back.angle, back.box) == (3, matte.angle, matte.box)
    assert len(_packed(matte)) < 2000


def test_that_there_is_no_matte_is_stored_too() -> None:
    assert _unpacked(3, _packed(None)) is None
