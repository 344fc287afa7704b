"""Recognising an engine's folder, and laying its passes over the plate."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.attach import with_passes
from pipeline.clip.engine_passes import find_passes, kind_of
from pipeline.clip.exr import write_parts
from pipeline.clip.probe import probe
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.errors import FootageError
from pipeline.recipe.footage import Footage
from tests.clip.engine import (
    COUNT,
    HEIGHT,
    WIDTH,
    Export,
    distance,
    rgb,
    write_depth,
    write_ids,
    write_motion,
    write_plate,
)


def brought(shot: Shot) -> Rendered:
    assert shot.rendered is not None
    return shot.rendered


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return write_plate(tmp_path / "plate")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Shot01_MotionVectors_", "motion"),
        ("Recording_WorldSpaceNormals_", "normal"),
        ("AOV_Depth Stencil ", "depth"),
        ("s01.ObjectID.", "object_id"),
        ("hero_material_id_", "material_id"),
        ("Shot_Matte_Hair_", "matte"),
        ("depth_of_field_Beauty_", None),
        ("Recording_", None),
        ("Depthcharge_", None),
    ],
)
def test_names_are_recognised(name: str, kind: str | None) -> None:
    assert kind_of(name)[0] == kind


def test_a_recorder_folder(tmp_path: Path) -> None:
    write_motion(write_depth(write_ids(tmp_path)))
    (tmp_path / "Shot01_Beauty_0001.png").write_bytes(encode_png(np.zeros((8, 8, 3), np.uint8)))
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "cameras.json").write_text("{}")
    found = find_passes(tmp_path)
    assert sorted(each.kind for each in found.found) == ["depth", "motion", "object_id"]
    assert found.unrecognised == ("Shot01_Beauty_####.png", "readme.txt")
    assert found.cameras == tmp_path / "cameras.json"
    assert "not used     readme.txt" in found.table()
    assert "12 frames, 1-12" in found.table()


def test_folders_name_their_passes(tmp_path: Path) -> None:
    for kind in ("Depth", "Motion Vectors"):
        (tmp_path / kind).mkdir()
        write_parts(tmp_path / kind / "0001.exr", {"": {"R": np.zeros((8, 8), np.float16)}})
    assert {each.kind: each.label for each in find_passes(tmp_path).found} == {
        "depth": "Depth/####.exr",
        "motion": "Motion Vectors/####.exr",
    }


def test_one_file_for_each_frame_with_all_passes_in_parts(tmp_path: Path, plate: Path) -> None:
    for frame in range(COUNT):
        near = 1 / distance(frame)[..., None]
        parts = {"Depth": {"Z": distance(frame)}, "Normals": rgb(np.repeat(near, 3, 2)), "Beauty": rgb(near)}
        write_parts(tmp_path / f"Recording_{frame + 1:03d}.exr", parts)
    shot = with_passes(probe(plate), tmp_path)
    rendered = brought(shot)
    assert rendered.kinds == {"depth", "normal"}
    values = rendered.values(rendered.get("depth"), 3)
    assert values is not None
    assert np.array_equal(values.pixels[..., 0], distance(3))


def test_layers_of_one_part(tmp_path: Path) -> None:
    flat = np.zeros((8, 8), np.float16)
    names = ("Depth.Z", "MotionVectors.X", "MotionVectors.Y", "R", "G", "B")
    write_parts(tmp_path / "Recording_001.exr", {"": dict.fromkeys(names, flat)})
    assert {each.kind: each.layer for each in find_passes(tmp_path).found} == {
        "depth": "Depth",
        "motion": "MotionVectors",
    }


def test_nothing_recognised_is_refused(tmp_path: Path) -> None:
    write_plate(tmp_path)
    with pytest.raises(FootageError, match="No engine passes were recognised"):
        find_passes(tmp_path)


def test_two_that_look_alike_are_named(tmp_path: Path) -> None:
    write_depth(tmp_path, Export(frames=(0,)))
    (tmp_path / "Take2_Depth_0001.exr").write_bytes((tmp_path / "Shot01_Depth_0001.exr").read_bytes())
    with pytest.raises(FootageError, match=r"Two sequences look like the depth pass: Shot01_.* and Take2_"):
        find_passes(tmp_path)


@pytest.mark.parametrize(("first", "digits"), [(0, 4), (1, 1), (1001, 4), (86400, 6)])
def test_numbers_may_start_anywhere(tmp_path: Path, plate: Path, first: int, digits: int) -> None:
    rendered = brought(with_passes(probe(plate), write_depth(tmp_path / "aov", Export(first=first, digits=digits))))
    values = rendered.values(rendered.get("depth"), 7)
    assert rendered.first == first
    assert values is not None
    assert np.array_equal(values.pixels[..., 0], distance(7))


def test_passes_numbered_like_a_part_of_the_plate(tmp_path: Path) -> None:
    plate = write_plate(tmp_path / "plate", first=100)
    folder = write_depth(tmp_path / "aov", Export(first=100, frames=(2, 3, 4)))
    rendered = brought(with_passes(probe(plate, Footage(missing="hold")), folder))
    assert rendered.first == 100


def test_another_length_is_refused_with_numbers(tmp_path: Path, plate: Path) -> None:
    folder = write_depth(tmp_path / "aov", Export(first=50, frames=tuple(range(COUNT - 3))))
    with pytest.raises(FootageError, match=r"has the numbers 50 to 58, the plate has 12 frames\."):
        with_passes(probe(plate), folder)


def test_another_length_that_is_another_rate_says_so(tmp_path: Path, plate: Path) -> None:
    folder = write_depth(tmp_path / "aov", Export(first=50, frames=tuple(range(15))))
    with pytest.raises(FootageError, match="rendered at 30 frames a second, not 24"):
        with_passes(probe(plate), folder)


def test_a_first_number_settles_it(tmp_path: Path, plate: Path) -> None:
    folder = write_depth(tmp_path / "aov", Export(first=98, frames=tuple(range(20))))
    shot = with_passes(probe(plate, Footage(first_number=100)), folder)
    assert any("8 of its frames are not used" in note for note in shot.notes)
    with pytest.raises(FootageError, match="none of them the plate's"):
        with_passes(probe(plate, Footage(first_number=500)), folder)


def test_another_rate_in_the_header_is_refused(tmp_path: Path, plate: Path) -> None:
    for frame in range(COUNT):
        write_parts(tmp_path / f"A_Depth_{frame}.exr", {"": {"Z": distance(frame)}}, Fraction(30))
    with pytest.raises(FootageError, match="rendered at 30 frames a second, the plate has 24"):
        with_passes(probe(plate), tmp_path)


def test_another_size_is_resized_with_a_note_another_shape_refused(tmp_path: Path, plate: Path) -> None:
    for name, size in (("half", (WIDTH // 2, HEIGHT // 2)), ("square", (HEIGHT, HEIGHT))):
        (tmp_path / name).mkdir()
        for frame in range(COUNT):
            small = cv2.resize(distance(frame), size, interpolation=cv2.INTER_NEAREST)
            write_parts(tmp_path / name / f"A_Depth_{frame}.exr", {"": {"Z": small}})
    assert any("96x64 and was resized" in note for note in with_passes(probe(plate), tmp_path / "half").notes)
    with pytest.raises(FootageError, match="128x128, which is another shape than the plate's 192x128"):
        with_passes(probe(plate), tmp_path / "square")


def test_one_frame_of_another_shape_is_named_when_it_is_read(tmp_path: Path, plate: Path) -> None:
    folder = write_depth(tmp_path / "aov")
    write_parts(folder / "Shot01_Depth_0005.exr", {"": {"Z": np.ones((50, 50), np.float32)}})
    rendered = brought(with_passes(probe(plate), folder))
    with pytest.raises(FootageError, match=r"Shot01_Depth_0005\.exr is 50x50"):
        rendered.values(rendered.get("depth"), 4)


@pytest.mark.parametrize(("policy", "seen"), [("hold", 4), ("black", None)])
def test_missing_frames_of_a_pass(tmp_path: Path, plate: Path, policy: str, seen: int | None) -> None:
    folder = write_depth(tmp_path / "aov", Export(frames=(0, 1, 2, 3, 4, 7, 8, 9, 10, 11)))
    with pytest.raises(FootageError, match=r"Shot01_Depth_####\.exr has no number 6"):
        with_passes(probe(plate), folder)
    shot = with_passes(probe(plate, Footage.model_validate({"missing": policy})), folder)
    values = brought(shot).values(brought(shot).get("depth"), 6)
    assert any("2 frames of Shot01_Depth_####.exr are missing (6, 7)" in note for note in shot.notes)
    assert (values is None) == (seen is None)
    assert values is None or np.array_equal(values.pixels[..., 0], distance(4))


def test_motion_may_lack_the_first_frame(tmp_path: Path, plate: Path) -> None:
    write_motion(tmp_path / "aov", Export(frames=tuple(range(1, COUNT))))
    assert brought(with_passes(probe(plate), write_depth(tmp_path / "aov"))).first == 1


def test_keys_follow_the_bytes_and_are_remembered(tmp_path: Path, plate: Path) -> None:
    folder, memory = write_depth(tmp_path / "aov"), tmp_path / "memory"
    (depth,) = brought(with_passes(probe(plate), folder, memory)).keys.values()
    assert brought(with_passes(probe(plate), folder, memory)).keys["Shot01_Depth_####.exr"] == depth
    path = folder / "Shot01_Depth_0003.exr"
    write_parts(path, {"": {"Z": distance(2) + 1}})
    assert brought(with_passes(probe(plate), folder, memory)).keys["Shot01_Depth_####.exr"] != depth


def test_a_digest_note_that_is_damaged_is_made_anew(tmp_path: Path, plate: Path) -> None:
    folder, memory = write_depth(tmp_path / "aov"), tmp_path / "memory"
    before = brought(with_passes(probe(plate), folder, memory)).keys
    notes = list(memory.iterdir())
    assert notes
    for note in notes:
        note.write_text(json.dumps(["nonsense"]))
    assert brought(with_passes(probe(plate), folder, memory)).keys == before
