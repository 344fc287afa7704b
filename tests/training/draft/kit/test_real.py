"""The kit itself, small: real people, sets, passes and films. Needs requirements-draft.txt and KIT_ASSETS."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.draft.kit.acting import Direction, Moment, still
from training.draft.kit.cameras import FRAMINGS, random_camera
from training.draft.kit.describe import caption, face_box, projected, seen_angles
from training.draft.kit.expressions import UNITS
from training.draft.kit.figure import OBJECTS
from training.draft.kit.pairs import make
from training.draft.kit.passes import read_passes
from training.draft.kit.plan import GROUP, plan_of, scene_of
from training.draft.kit.posing import Place, pose
from training.draft.kit.records import faults, read_rows
from training.draft.kit.scene import Scene
from training.draft.kit.sets import random_room
from training.draft.kit.studio import Means, Studio

ROOT = Path(__file__).parents[4]
ASSETS = os.environ.get("KIT_ASSETS", "")
MISSING = [name for name in ("anny", "moderngl", "bpy") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed (requirements-draft.txt): {', '.join(MISSING)}"),
    pytest.mark.skipif(not ASSETS, reason="KIT_ASSETS does not say where the kit's assets are"),
]
SIZE = 96


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio(Means(Path(ASSETS), (SIZE, SIZE), samples=1, texels=256)) as opened:
        yield opened


def standing(studio: Studio, moment: Moment, seed: int = 30, framing: str = "close-up") -> Scene:
    """One person before a camera that does not move with the acting."""
    character = studio.cast((seed,))[0]
    still_face = pose(character, Moment(), Place()).face
    camera = random_camera(np.random.default_rng(2), FRAMINGS[framing], still_face, 1.0)
    return Scene((pose(character, moment, Place()),), random_room(3), camera)


def first(subject: str) -> int:
    """The first pair of a subject."""
    return next(number for number in range(0, 4000, GROUP) if plan_of(number).subject == subject)


def test_the_depth_pass_is_where_the_body_is(studio: Studio) -> None:
    scene = standing(studio, Moment())
    _, buffers = studio.engine.render(scene)
    points = scene.actors[0].positions["body"]
    x, y = np.floor(projected(points, scene.camera, (SIZE, SIZE))).astype(int).T
    distance = -(np.c_[points, np.ones(len(points))] @ scene.camera.view().T)[:, 2]
    inside = (x >= 0) & (x < SIZE) & (y >= 0) & (y < SIZE)
    off = distance[inside] - buffers.depth[y[inside], x[inside]]
    assert (off > -0.03).mean() > 0.97
    assert (np.abs(off) < 0.01).mean() > 0.2


def test_the_passes_know_face_hair_and_set(studio: Studio) -> None:
    _, buffers = studio.engine.render(standing(studio, Moment()))
    found = set(np.unique(buffers.objects).astype(int))
    assert {OBJECTS[name] for name in ("set", "face", "hair", "eyes")} <= found
    assert np.linalg.norm(buffers.normals, axis=-1)[buffers.depth > 0] == pytest.approx(1, abs=1e-3)
    assert np.abs(buffers.motion).max() == 0


def test_motion_is_what_the_head_did(studio: Studio) -> None:
    before, now = (standing(studio, Moment(head=(yaw, 0, 0))) for yaw in (0, 4))
    _, buffers = studio.engine.render(now, before)
    face = buffers.objects == OBJECTS["face"]
    assert buffers.motion[face][:, 0].mean() > 0.003
    assert np.abs(buffers.motion[buffers.objects == 0]).max() < 1e-4


def test_every_unit_moves_the_face_and_nothing_else(studio: Studio) -> None:
    character = studio.cast((30,))[0]
    rest = pose(character, Moment(), Place()).positions
    for unit in UNITS:
        posed = pose(character, Moment({unit: 1.0}), Place()).positions
        moved = np.linalg.norm(posed["body"] - rest["body"], axis=1)
        assert moved.max() > 1e-3 or unit == "tongueOut", unit
        assert moved[rest["body"][:, 2] < 0.3].max() < 1e-6, unit


def test_pictures_show_the_acting(studio: Studio) -> None:
    quiet, talking = (standing(studio, Moment(weights)) for weights in ({}, {"jawOpen": 0.7}))
    shown = [studio.engine.render(scene)[0].astype(float) for scene in (quiet, talking)]
    changed = np.abs(shown[1] - shown[0]).max(2) > 24
    left, top, right, bottom = face_box(talking.actors[0], talking.camera, (SIZE, SIZE))
    rows, columns = np.nonzero(changed)
    assert len(rows) > 20
    assert left - 2 <= columns.mean() <= right + 2
    assert rows.mean() > (top + bottom) / 2


def test_captions_say_where_the_head_turns(studio: Studio) -> None:
    scene = standing(studio, still(np.random.default_rng(0), Direction(turn=60, play=5)))
    yaw, _ = seen_angles(scene.actors[0], scene.camera)
    assert yaw > 30
    assert "head turned right" in caption(scene, "close-up")
    assert caption(scene, "close-up").endswith(", close-up")


def test_several_people_have_numbers_of_their_own(studio: Studio) -> None:
    plan = plan_of(first("people"))
    _, buffers = studio.engine.render(scene_of(plan, studio.cast(plan.cast)))
    actors = {int(number) // 16 for number in np.unique(buffers.objects) if number % 16}
    assert actors == set(range(len(plan.cast)))


@pytest.mark.parametrize("subject", ["room", "objects", "street"])
def test_sets_without_people(studio: Studio, subject: str, tmp_path: Path) -> None:
    row = make(studio, plan_of(first(subject)), tmp_path)
    pictures = [np.asarray(Image.open(tmp_path / look / f"{row.id}.jpg"), float) for look in ("engine", "film")]
    assert row.people == ()
    assert all(picture.std() > 5 for picture in pictures)
    assert np.corrcoef(pictures[0].mean(2).ravel(), pictures[1].mean(2).ravel())[0, 1] > 0.3


def run(command: str, *options: str) -> str:
    """What the command line says; a process of its own, for Blender is there once in each."""
    whole = [sys.executable, "-m", "training.draft.kit", command, "--assets", ASSETS, *options]
    return subprocess.run(whole, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def ordered(out: Path, start: int, count: int) -> str:
    sizes = ("--size", str(SIZE), str(SIZE), "--samples", "1", "--texels", "256", "--workers", "2")
    return run("pairs", "--out", str(out), "--first", str(start), "--count", str(count), *sizes)


def test_a_set_is_made_once_and_goes_on(tmp_path: Path) -> None:
    start = first("person")
    assert "1 of 1 pairs are there" in ordered(tmp_path, start, 1)
    assert "2 of 2 pairs are there" in ordered(tmp_path, start, 2)
    rows = read_rows(tmp_path)
    assert [row.id for row in rows] == [plan_of(start).id, plan_of(start + 1).id]
    assert faults(tmp_path) == []
    depth, normals, objects = read_passes(tmp_path / f"passes/{rows[0].id}.exr")
    assert depth.max() > 0.3
    assert normals[..., 2][objects == OBJECTS["cloth"]].mean() > 0
    written = (tmp_path / "pairs.jsonl").stat().st_mtime_ns
    assert "2 of 2 pairs are there" in ordered(tmp_path, start, 2)
    assert (tmp_path / "pairs.jsonl").stat().st_mtime_ns == written


def test_the_same_number_gives_the_same_picture(studio: Studio, tmp_path: Path) -> None:
    """Film too, but for the noise of its few rays."""
    plan = plan_of(first("person"))
    one, other = (make(studio, plan, tmp_path / name).sha256 for name in ("one", "other"))
    assert one["engine"] == other["engine"]
    assert one["passes"] == other["passes"]
    films = [Image.open(tmp_path / name / "film" / f"{plan.id}.jpg") for name in ("one", "other")]
    cells = [np.asarray(film.resize((12, 12), Image.Resampling.BOX), float) for film in films]
    assert np.abs(cells[0] - cells[1]).mean() < 1


def test_a_shot_has_plates_passes_and_film_of_the_same_frames(tmp_path: Path) -> None:
    sizes = ("--size", "128", "80", "--samples", "1", "--texels", "256", "--frames", "3", "--film-every", "2")
    run("shot", "--out", str(tmp_path / "s"), "--seed", "4", "--character", "901", *sizes)
    names = [f"s_{frame:04d}" for frame in range(3)]
    assert sorted(path.stem for path in (tmp_path / "s/plate").iterdir()) == names
    assert sorted(path.stem for path in (tmp_path / "s/passes").iterdir()) == names
    assert sorted(path.stem for path in (tmp_path / "s/film").iterdir()) == names[::2]
    truth = json.loads((tmp_path / "s/truth.json").read_text())
    assert [row["frame"] for row in truth["frames"]] == [0, 1, 2]
    assert truth["frames"][0]["people"][0]["character"] == 901
    left, top, right, bottom = truth["frames"][0]["face_boxes"][0]
    depth, _, objects = read_passes(tmp_path / "s/passes/s_0000.exr")
    rows, columns = np.nonzero(objects == OBJECTS["face"])
    assert left - 1 <= columns.mean() <= right
    assert top - 1 <= rows.mean() <= bottom
    assert depth.shape == (80, 128)


def test_portraits_have_their_word(tmp_path: Path) -> None:
    sizes = ("--size", "64", "64", "--samples", "1", "--texels", "256", "--count", "2")
    run("portraits", "--out", str(tmp_path), "--character", "350", "--name", "ilse", *sizes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00.jpg", "00.txt", "01.jpg", "01.txt"]
    assert (tmp_path / "00.txt").read_text().startswith("film still, ilse, ")
