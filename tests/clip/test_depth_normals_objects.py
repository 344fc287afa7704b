"""Depth on one scale, normals in camera axes, objects and mattes as masks; and files that hold no numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.clip.attach import with_passes
from pipeline.clip.depth import depth_of
from pipeline.clip.exr import write_parts
from pipeline.clip.normals import normals_of
from pipeline.clip.objects import matte_of, regions_of
from pipeline.clip.probe import probe
from pipeline.clip.rendered import Rendered
from pipeline.clip.still import encode_png
from pipeline.errors import FootageError
from pipeline.recipe.footage import Footage
from tests.clip.engine import COUNT, HEIGHT, WIDTH, distance, inside_square, rgb, write_depth, write_ids, write_plate

Array = NDArray[Any]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plate(tmp_path_factory.mktemp("plate"))


def brought(pictures: Path, folder: Path, **footage: object) -> Rendered:
    rendered = with_passes(probe(pictures, Footage.model_validate(footage)), folder).rendered
    assert rendered is not None
    return rendered


def near(rendered: Rendered, frame: int) -> Array:
    found = depth_of(rendered).near(frame)
    assert found is not None
    return found


def test_metres_become_inverse_depth_on_one_scale(pictures: Path, tmp_path: Path) -> None:
    rendered = brought(pictures, write_depth(tmp_path))
    scale = depth_of(rendered).scale
    assert (scale.meaning, scale.low, scale.high) == ("metres", pytest.approx(1 / 6), pytest.approx(1 / 2))
    for frame in (0, 11):
        assert np.array_equal(near(rendered, frame) > 0.5, inside_square(frame))


def test_the_scale_is_that_of_the_shot_and_not_of_the_frame(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        metres = np.full((HEIGHT, WIDTH), 10.0 if frame else 1.0, np.float32)
        metres[:, : WIDTH // 2] = 5.0
        write_parts(tmp_path / f"S_Depth_{frame}.exr", {"": {"Z": metres}})
    rendered = brought(pictures, tmp_path)
    assert near(rendered, 0)[0, 0] == pytest.approx(near(rendered, 5)[0, 0])
    assert near(rendered, 0)[0, -1] == 1
    assert near(rendered, 5).max() < 0.2


@pytest.mark.parametrize(("said", "square"), [("auto", 1.0), ("near_white", 1.0), ("far_white", 0.0)])
@pytest.mark.parametrize("suffix", [".png", ".exr"])
def test_white_is_near_unless_said_otherwise(
    pictures: Path, tmp_path: Path, suffix: str, said: str, square: float
) -> None:
    for frame in range(COUNT):
        white = (1 - distance(frame) / 10).astype(np.float32)
        path = tmp_path / f"S_Depth_{frame:03d}{suffix}"
        if suffix == ".exr":
            write_parts(path, {"": rgb(np.repeat(white[..., None], 3, 2))})
        else:
            assert cv2.imwrite(str(path), (white * 65535).astype(np.uint16))
    rendered = brought(pictures, tmp_path, depth=said)
    assert near(rendered, 4)[inside_square(4)].mean() == pytest.approx(square, abs=0.01)
    assert near(rendered, 4)[~inside_square(4)].mean() == pytest.approx(1 - square, abs=0.01)


def test_no_number_and_infinity_are_far(pictures: Path, tmp_path: Path) -> None:
    def broken(metres: Array) -> Array:
        spoilt = metres.copy()
        spoilt[:4, :4], spoilt[:4, 4:8], spoilt[:4, 8:12] = np.nan, np.inf, 0
        return spoilt

    shown = near(brought(pictures, write_depth(tmp_path, spoil=broken)), 3)
    assert np.isfinite(shown).all()
    assert not shown[:4, :12].any()


def test_a_frame_of_no_numbers_is_named(pictures: Path, tmp_path: Path) -> None:
    folder = write_depth(tmp_path)
    rendered = brought(pictures, folder)
    write_parts(folder / "Shot01_Depth_0003.exr", {"": {"Z": np.full((HEIGHT, WIDTH), np.nan, np.float32)}})
    with pytest.raises(FootageError, match="Most of the depth of frame 2 is not a number"):
        near(rendered, 2)


def test_depth_that_is_the_same_everywhere_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="is the same everywhere"):
        depth_of(brought(pictures, write_depth(tmp_path, spoil=np.ones_like)))


def camera(yaw: float) -> list[float]:
    """Unity's worldToCameraMatrix of a camera turned to the right by `yaw` degrees about the y axis."""
    turn = np.radians(yaw)
    right, up, ahead = [np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]
    matrix = np.eye(4)
    matrix[:3, :3] = [right, up, [-value for value in ahead]]
    return matrix.ravel().tolist()


def write_normals(folder: Path, world: Array, yaw: float | None, count: int = COUNT) -> Path:
    planes = np.broadcast_to(np.asarray(world, np.float32), (HEIGHT, WIDTH, 3))
    for frame in range(COUNT):
        write_parts(folder / f"S_Normal_{frame}.exr", {"": rgb(planes)})
    if yaw is not None:
        frames = [{"number": frame, "world_to_camera": camera(yaw)} for frame in range(count)]
        (folder / "cameras.json").write_text(json.dumps({"frames": frames}))
    return folder


@pytest.mark.parametrize(
    ("world", "yaw", "seen"),
    [
        ([0, 0, -1], 0, [0, 0, 1]),  # a wall that faces a camera looking along +z
        ([0, 1, 0], 30, [0, 1, 0]),
        ([1, 0, 0], 0, [1, 0, 0]),
        ([-1, 0, 0], 90, [0, 0, 1]),  # the camera looks along +x
        ([0, 0, 0], 45, [0, 0, 0]),
    ],
)
def test_world_normals_are_turned_to_the_camera(
    pictures: Path, tmp_path: Path, world: list[float], yaw: float, seen: list[float]
) -> None:
    facing = normals_of(brought(pictures, write_normals(tmp_path, np.array(world), yaw))).facing(5)
    assert facing is not None
    assert facing[10, 10] == pytest.approx(seen, abs=1e-3)


def test_packed_normals_are_unpacked(pictures: Path, tmp_path: Path) -> None:
    packed = np.broadcast_to(np.array([0.5, 0.5, 1.0]), (HEIGHT, WIDTH, 3))
    for frame in range(COUNT):
        (tmp_path / f"S_Normals_{frame}.png").write_bytes(encode_png(np.rint(packed * 255).astype(np.uint8)))
    facing = normals_of(brought(pictures, tmp_path, normals="camera")).facing(0)
    assert facing is not None
    assert facing[0, 0] == pytest.approx([0, 0, 1], abs=0.01)


def test_world_normals_without_a_camera_are_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"no cameras\.json"):
        normals_of(brought(pictures, write_normals(tmp_path, np.array([0, 1, 0]), None)))


def test_a_camera_that_is_missing_scaled_or_nonsense(pictures: Path, tmp_path: Path) -> None:
    rendered = brought(pictures, write_normals(tmp_path, np.array([0, 1, 0]), 10, count=3))
    with pytest.raises(FootageError, match="no camera for number 7"):
        normals_of(rendered).facing(7)
    scaled = [{"number": n, "world_to_camera": [2 * value for value in camera(0)]} for n in range(COUNT)]
    (tmp_path / "cameras.json").write_text(json.dumps({"frames": scaled}))
    with pytest.raises(FootageError, match="is not a rotation"):
        normals_of(rendered).facing(7)
    (tmp_path / "cameras.json").write_text('{"frames": [{"number": 1}]}')
    with pytest.raises(FootageError, match="is not a list of cameras"):
        normals_of(rendered)


def mask_of(rendered: Rendered, name: str, frame: int) -> Array:
    region = next(region for region in regions_of(rendered) if region.name == name)
    matte = matte_of(rendered, region, frame)
    assert matte is not None
    assert (matte.frame, matte.angle) == (frame, 0.0)
    inside = np.nonzero(matte.mask)
    assert (matte.box.x, matte.box.y) == (inside[1].min(), inside[0].min())
    return matte.mask > 0


def test_ids_become_regions(pictures: Path, tmp_path: Path) -> None:
    rendered = brought(pictures, write_ids(tmp_path))
    assert [region.name for region in regions_of(rendered)] == ["object 1", "object 7"]
    assert np.array_equal(mask_of(rendered, "object 7", 6), inside_square(6))


def coloured(frame: int, soft: bool) -> Array:
    """Flat colours on black: the square red, a stripe of the wall green; soft: with anti-aliased edges."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[100:120] = (0, 200, 30)
    picture[inside_square(frame)] = (220, 40, 0)
    return cv2.GaussianBlur(picture, (3, 3), 0.6).astype(np.uint8) if soft else picture


@pytest.mark.parametrize("soft", [False, True])
def test_flat_colours_become_regions_with_names(pictures: Path, tmp_path: Path, soft: bool) -> None:
    for frame in range(COUNT):
        (tmp_path / f"S_ObjectId_{frame}.png").write_bytes(encode_png(coloured(frame, soft)))
    (tmp_path / "ids.json").write_text(json.dumps({"objects": [{"name": "Hero", "colour": [220, 40, 0]}]}))
    rendered = brought(pictures, tmp_path)
    assert [region.name for region in regions_of(rendered)] == ["object #00c81e", "Hero"]
    mask, truth = mask_of(rendered, "Hero", 5), inside_square(5)
    assert np.array_equal(mask, truth) if not soft else (mask != truth).mean() < 0.002
    stripe = mask_of(rendered, "object #00c81e", 0)
    assert stripe[105].all()


def test_mattes_by_channel_by_file_and_by_colour(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        inside = inside_square(frame)
        mattes = np.dstack([inside, np.zeros_like(inside), np.ones_like(inside)]).astype(np.float32)
        write_parts(tmp_path / f"S_Mattes_{frame}.exr", {"": rgb(mattes)})
        soft = cv2.GaussianBlur(inside.astype(np.uint8) * 255, (3, 3), 0.8).astype(np.uint8)
        (tmp_path / f"S_Matte_Hair_{frame}.png").write_bytes(encode_png(soft))
        (tmp_path / f"S_Mask_Flat_{frame}.png").write_bytes(encode_png(coloured(frame, False)))
    rendered = brought(pictures, tmp_path)
    names = [region.name for region in regions_of(rendered)]
    assert names == ["matte #00c81e", "matte #dc2800", "S Hair", "S red", "S blue"]
    for name in ("S red", "matte #dc2800"):
        assert np.array_equal(mask_of(rendered, name, 3), inside_square(3))
    assert (mask_of(rendered, "S Hair", 3) != inside_square(3)).mean() < 0.01
    assert mask_of(rendered, "S blue", 3).all()


def test_a_region_that_is_not_in_a_frame(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        shown = coloured(frame, False) if frame < 6 else np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        (tmp_path / f"S_ObjectId_{frame}.png").write_bytes(encode_png(shown))
    rendered = brought(pictures, tmp_path)
    assert matte_of(rendered, regions_of(rendered)[0], 8) is None


def test_jpeg_ids_are_refused(pictures: Path, tmp_path: Path) -> None:
    for frame in range(COUNT):
        assert cv2.imwrite(str(tmp_path / f"S_ObjectId_{frame}.jpg"), coloured(frame, False))
    with pytest.raises(FootageError, match="JPEG, which blurs"):
        regions_of(brought(pictures, tmp_path))
