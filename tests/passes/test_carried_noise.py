"""The plate's flow as a pass's canvas sees it, and the noise that follows from it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import Box, Crop, FrameRange
from pipeline.motion.source import Estimated, one_setup
from pipeline.passes.carried_noise import NoiseOnSurfaces, canvas_map, on_canvas
from pipeline.passes.followed import Followed
from pipeline.passes.placement import Placement, whole_frame
from tests.motion.scenes import SIZE, Panning, uniform

PLATE = (SIZE[1], SIZE[0])


@pytest.mark.parametrize(
    "placement",
    [
        whole_frame(PLATE, 64),
        Followed.of(Crop(60.3, 50.2, 48.0, 0.0), PLATE, 64),
        Followed.of(Crop(60.3, 50.2, 48.0, 30.0), PLATE, 64),
        Placement(Box(20, 10, 40, 40), 25.0, Box(0, 0, 64, 64), (64, 64)),
    ],
    ids=["whole", "followed", "turned", "frame by frame"],
)
def test_the_map_says_where_the_plate_lies_on_the_canvas(placement: Placement) -> None:
    """Against the cut itself: pictures of the plate's columns and rows, seen on the canvas, are its inverse."""
    rows, columns = np.indices(SIZE)
    seen = [placement.to_canvas(placement.cut((plane * 1.5 + 20).astype(np.uint8))) for plane in (columns, rows)]
    x, y = ((plane.astype(float) - 20) / 1.5 for plane in seen)
    place = canvas_map(placement)
    middle = slice(placement.content.height // 2 - 8, placement.content.height // 2 + 8)
    at = np.stack((x[middle, 24:40].ravel(), y[middle, 24:40].ravel()), axis=-1) @ place[:, :2].T + place[:, 2]
    expected = np.stack(np.meshgrid(np.arange(24, 40), np.arange(middle.start, middle.stop)), axis=-1).reshape(-1, 2)
    assert np.abs((at - expected).mean(axis=0)).max() < 0.5 and np.abs(at - expected).max() < 2.5


def test_the_flow_is_seen_in_cells_of_the_canvas() -> None:
    whole = whole_frame(PLATE, 48)
    flow = on_canvas(uniform(0, 1, (16, 8)), whole, whole, (6, 8))
    assert np.allclose(flow.vectors, (1.0, 0.5), atol=1e-4), "half as large, and eight pixels a cell"
    assert not flow.seen[:, -1].any() and flow.seen[:5, :6].all()


def test_a_crop_that_moves_with_the_face_sees_no_motion() -> None:
    here, there = (Followed.of(Crop(50.0 + 3 * n, 40.0, 48.0, 0.0), PLATE, 64) for n in (0, 1))
    flow = on_canvas(uniform(0, 1, (3, 0)), here, there, (8, 8))
    assert np.abs(flow.vectors).max() < 1e-3 and flow.seen.all()


def test_carriers_go_on_where_they_were_and_come_out_as_from_the_start() -> None:
    motion = Estimated(Panning((2.0, 1.0)).picture, one_setup(FrameRange(0, 40)))
    whole = whole_frame(PLATE, 64)
    going = NoiseOnSurfaces(motion, lambda frame: whole)
    steps = [going.of([frame], (8, 11)).origins for frame in range(14, 21)]
    at_once = NoiseOnSurfaces(motion, lambda frame: whole).of([20, 18, 18], (8, 11))
    assert np.array_equal(at_once.origins[0], steps[6][0]) and np.array_equal(at_once.origins[1], steps[4][0])
    assert at_once.carriers == ((0, 1), (0, 1), (0, 1)) and len(going.newest) <= 3


def test_where_the_pass_was_away_the_noise_begins_anew() -> None:
    motion = Estimated(Panning().picture, one_setup(FrameRange(0, 40)))
    whole = whole_frame(PLATE, 64)
    gone = NoiseOnSurfaces(motion, lambda frame: None if frame == 10 else whole).of([11], (8, 11))
    assert (gone.origins[0, 0, ..., 0] == 11).all()
