"""Box arithmetic of the finder."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import Box
from pipeline.people.boxes import overlaps, shared_area, surround, tiles


def test_boxes_overlap_only_when_they_still_meet_at_85_percent() -> None:
    one = Box(0, 0, 100, 100)
    assert overlaps(one, Box(84, 0, 100, 100))
    assert not overlaps(one, Box(86, 0, 100, 100)), "they meet by 14 columns, and shrinking takes 15"
    assert not overlaps(one, Box(0, 86, 100, 100))
    assert overlaps(one, Box(40, 40, 10, 10)), "one inside the other"


def test_shared_area() -> None:
    assert shared_area(Box(0, 0, 10, 10), Box(6, 7, 10, 10)) == 4 * 3
    assert shared_area(Box(0, 0, 10, 10), Box(10, 0, 10, 10)) == 0
    assert shared_area(Box(0, 0, 10, 10), Box(20, 20, 10, 10)) == 0


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (333, 333), (65, 64), (1280, 100)])
def test_tiles_cover_the_picture_and_stay_inside(size: tuple[int, int]) -> None:
    covered = np.zeros((size[1], size[0]), bool)
    for tile in tiles(*size):
        assert tile == tile.clipped(*size)
        tile.cut(covered)[:] = True
    assert covered.all()


def test_the_surround_is_black_beyond_one_width_and_one_height_of_the_centre() -> None:
    picture = np.full((200, 300, 3), 7, np.uint8)
    canvas, left, top = surround(picture, Box(100, 60, 40, 60))
    assert canvas.shape == (150, 160, 3)
    assert (left, top) == (40, 15)
    rows, columns = np.nonzero(canvas[:, :, 0])
    assert (columns.min() + left, columns.max() + left) == (80, 159)
    assert (rows.min() + top, rows.max() + top) == (30, 149)


def test_the_surround_of_a_face_at_the_edge_holds_what_the_picture_has() -> None:
    picture = np.arange(50 * 60 * 3, dtype=np.uint32).astype(np.uint8).reshape(50, 60, 3)
    canvas, left, top = surround(picture, Box(-10, 30, 40, 40))
    assert left == 10 - 80 and top == 50 - 50
    assert np.array_equal(canvas[10 - top : 50 - top, 0 - left : 50 - left], picture[10:50, 0:50])
    assert not canvas[:, : 0 - left].any() and not canvas[50 - top :].any()
