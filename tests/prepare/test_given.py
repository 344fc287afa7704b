"""Control pictures from the engine's own passes: colours, turning, and who may ask for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.attach import with_passes
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, ModelMissing
from pipeline.prepare.given import GivenControls, check_given, given_key, normal_colours, turned
from pipeline.recipe.footage import Footage
from pipeline.recipe.passes import ControlSpec
from tests.clip.engine import COUNT, Export, inside_square, write_depth, write_plate
from tests.clip.test_depth_normals_objects import write_normals

DEPTH = ControlSpec(kind="depth", source="rendered", model="depth")
NORMAL = ControlSpec(kind="normal", source="rendered", model="normal")


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    plate = probe(write_plate(tmp_path / "plate"), Footage(missing="black", first_number=0))
    folder = write_normals(tmp_path, np.array([0, 0, -1]), 0)
    return with_passes(plate, write_depth(folder, Export(first=0, frames=tuple(range(COUNT - 1)))))


def given(shot: Shot) -> GivenControls:
    assert shot.rendered is not None
    return GivenControls(shot.rendered)


@pytest.mark.parametrize(
    ("normal", "colour"),
    [
        ((0, 0, 1), (128, 128, 255)),
        ((-1, 0, 0), (255, 128, 128)),
        ((0, 1, 0), (128, 255, 128)),
        ((1, 0, 0), (0, 128, 128)),
        ((0, 0, 0), (128, 128, 255)),
    ],
)
def test_normals_are_red_to_the_left_green_up_blue_near(normal: tuple[int, ...], colour: tuple[int, ...]) -> None:
    assert normal_colours(np.array([[normal]], np.float32))[0, 0].tolist() == pytest.approx(colour, abs=1)


def test_normals_turn_with_the_picture() -> None:
    up = np.array([[[0, 1, 0]]], np.float32)
    assert turned(up, 90)[0, 0] == pytest.approx([1, 0, 0], abs=1e-6)  # turned clockwise, up points to the right


def test_depth_is_white_near_and_black_where_it_is_missing(shot: Shot) -> None:
    picture = given(shot).picture(DEPTH, 4, 0.0)
    assert (picture.dtype, picture.shape) == (np.uint8, (shot.height, shot.width, 3))
    assert (picture[inside_square(4)] == 255).all()
    assert (picture[~inside_square(4)] == 0).all()
    assert not given(shot).picture(DEPTH, COUNT - 1, 0.0).any()


def test_a_wall_before_the_camera_is_blue(shot: Shot) -> None:
    assert (given(shot).picture(NORMAL, 3, 30.0) == [128, 128, 255]).all()


def test_a_control_that_the_shot_does_not_bring_is_refused_by_name(shot: Shot, tmp_path: Path) -> None:
    check_given(shot, "body", DEPTH)
    check_given(shot, "body", NORMAL)
    with pytest.raises(FootageError, match=r"control depth of the pass body .* brings no such pass"):
        check_given(probe(shot.plate), "body", DEPTH)
    (tmp_path / "cameras.json").unlink()
    with pytest.raises(FootageError, match=r"no cameras\.json"):
        check_given(with_passes(probe(shot.plate, shot.footage), tmp_path), "body", NORMAL)


def test_estimating_what_nothing_estimates_is_refused_by_name(shot: Shot) -> None:
    with pytest.raises(ModelMissing, match="no estimator for the control depth of the pass body"):
        check_given(shot, "body", ControlSpec(kind="depth", model="depth"))
    check_given(shot, "body", ControlSpec(kind="canny", model="canny"))


def test_only_depth_and_normals_can_be_rendered() -> None:
    with pytest.raises(ValueError, match="openpose is read off the plate"):
        ControlSpec(kind="openpose", source="rendered", model="pose")


def test_the_key_follows_the_pass_and_the_cameras(shot: Shot, tmp_path: Path) -> None:
    depth, normal = given_key(shot, DEPTH), given_key(shot, NORMAL)
    assert None not in (depth, normal)
    assert given_key(shot, ControlSpec(kind="canny", model="canny")) is None
    cameras = json.loads((tmp_path / "cameras.json").read_text())
    cameras["frames"][0]["world_to_camera"][3] = 7.0
    (tmp_path / "cameras.json").write_text(json.dumps(cameras))
    moved = with_passes(probe(shot.plate, shot.footage), tmp_path)
    assert given_key(moved, DEPTH) == depth
    assert given_key(moved, NORMAL) != normal
