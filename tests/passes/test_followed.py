"""The placement that follows a face: between the pixels, turned, at the edge, and back again."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import Crop
from pipeline.passes.followed import Followed
from tests.passes.test_placement import smooth_picture

PLATE = (640, 360)


@pytest.mark.parametrize(
    "crop",
    [
        Crop(320.0, 180.0, 200.0, 0.0),
        Crop(320.3, 170.7, 150.4, 0.0),
        Crop(320.3, 170.7, 150.4, 33.0),
        Crop(320.3, 170.7, 150.4, -140.0),
        Crop(75.2, 75.2, 150.4, 0.0),
        Crop(320.0, 180.0, 400.0, 0.0),
    ],
)
def test_what_is_cut_out_comes_back_where_it_was(crop: Crop) -> None:
    plate, place = smooth_picture(*PLATE), Followed.of(crop, PLATE, 256)
    canvas = place.to_canvas(place.cut(plate))
    assert canvas.shape == (256, 256, 3)
    back = place.lay_back(canvas, np.zeros_like(plate))
    inside = back.any(axis=2)
    assert np.abs(back[inside].astype(int) - plate[inside]).mean() < 0.5
    seen = crop.side * min(crop.side, PLATE[1])
    assert inside.sum() == pytest.approx(seen, rel=0.02), "the crop and nothing else"


def test_a_crop_moves_by_parts_of_a_pixel() -> None:
    """A bright point that moves along with the crop stays where it is on the canvas, to a twentieth of a pixel."""
    rows, columns = np.indices((360, 640), np.float32) + 0.5
    found = []
    for step in range(8):
        x, y = 300 + 0.37 * step, 150 + 0.21 * step
        spot = (255 * np.exp(-((columns - x - 10) ** 2 + (rows - y - 5) ** 2) / 18)).astype(np.uint8)
        place = Followed.of(Crop(x, y, 120.0, 0.0), PLATE, 240)
        canvas = place.to_canvas(place.cut(spot)).astype(float)
        where = np.indices(canvas.shape) + 0.5
        found.append([float((where[axis] * canvas).sum() / canvas.sum()) for axis in (1, 0)])
    assert np.array(found) == pytest.approx(np.full((8, 2), [140.0, 130.0]), abs=0.1)


@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_points_go_where_their_pixels_go(angle: float) -> None:
    rows, columns = np.indices((360, 640), np.float32) + 0.5
    point = np.array([[330.5, 160.5, 7.0]], np.float32)
    spot = (255 * np.exp(-((columns - point[0, 0]) ** 2 + (rows - point[0, 1]) ** 2) / 18)).astype(np.uint8)
    place = Followed.of(Crop(310.2, 170.9, 100.3, angle), PLATE, 256)
    canvas = place.to_canvas(place.cut(spot)).astype(float)
    where = np.indices(canvas.shape) + 0.5
    x, y, z = place.on_content(point)[0]
    assert x == pytest.approx((where[1] * canvas).sum() / canvas.sum(), abs=0.3)
    assert y == pytest.approx((where[0] * canvas).sum() / canvas.sum(), abs=0.3)
    assert z == pytest.approx(7 * 256 / 100.3, rel=1e-3)
