"""Controls of a region are read off its own crop, at its own size: a face that vanishes in the frame is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.frames import Box, FrameRange, Matte
from pipeline.plan import plan_render
from pipeline.prepare.controls import edges
from pipeline.progress import Progress
from pipeline.recipe.load import parse_recipe
from pipeline.render import Order, Preview, preview
from tests import footage
from tests.people import pictures
from tests.render.conftest import TINY, Bench

FACE = 41
"""Pixels: a face too small for the annotator, which draws none under 64."""
CONTROLS = [{"kind": kind, "model": f"tiny-{kind}"} for kind in ("mediapipe_face", "canny")]
SPEC = {"name": "face", "steps": 1, "denoising_strength": 0.1, "size": 256, "controls": CONTROLS}
RECIPE = parse_recipe(
    {**TINY, "passes": [{**SPEC, "region": {"kind": "face", "follow": "frame", "padding": 0}}]}, "tiny"
)


@pytest.fixture
def shown(bench_of: Callable[[Path], Bench], tmp_path: Path) -> tuple[Bench, Preview]:
    """A preview of a face pass over a frame of 1280x720 with a small face in it."""
    scale = FACE / pictures.true_box(pictures.MEDIUM).width
    frame = pictures.small(pictures.frame(pictures.MEDIUM), scale)
    bench = bench_of(footage.write_clip(tmp_path / "plate.mp4", [frame, frame]))
    return bench, preview(Order(bench.shot, RECIPE, FrameRange(0, 0), tmp_path / "out"), bench.tools, Progress())


def test_a_face_under_64_pixels_still_gets_its_annotation(shown: tuple[Bench, Preview]) -> None:
    from controlnet_aux.mediapipe_face.mediapipe_face_common import generate_annotation

    made = shown[1]
    assert not generate_annotation(made.plate, 5, 0.5).any(), "in the frame the annotator draws none"
    rows, columns = np.nonzero(made.controls["face"]["mediapipe_face"].any(axis=2))
    assert np.ptp(columns) > 64 and np.ptp(rows) > 64, "in the enlarged crop it is drawn large"


def test_controls_are_cropped_with_the_region(shown: tuple[Bench, Preview]) -> None:
    bench, made = shown
    plan = plan_render(bench.shot, RECIPE, bench.tools.models, bench.tools.cache).passes[0].plan
    mask = made.mattes["face"]
    place = plan.place((1280, 720), Matte(0, mask, 0.0, Box(0, 0, 1280, 720)))
    assert place is not None and place.box.width < 200
    assert np.array_equal(made.controls["face"]["canny"], edges(place.cut(made.plate), (256, 256)))
