"""Painted mattes of an owner's shots: kept in their workspace, at hand for their renders, nobody else's."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import cli
from pipeline.clip.painted import painted_of
from pipeline.clip.probe import probe
from pipeline.errors import FootageError, RecipeError
from pipeline.frames import FrameRange, Mask
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from pipeline.recipe.regions import Correction, Painted
from tests.render.conftest import tiny_recipe
from verbs.mattes import PaintedMattes
from workspaces.home import LOCAL, Home
from workspaces.rooms import Rooms
from workspaces.shots import folder_of


def spot(x: int) -> Mask:
    return cv2.circle(np.zeros((360, 640), np.uint8), (x, 100), 30, (255,), -1).astype(np.uint8)


def test_a_matte_is_kept_in_the_shots_folder_and_at_hand_for_its_owner(
    interview: Path, models: ModelStore, tmp_path: Path
) -> None:
    mattes, shot = PaintedMattes(Rooms(Home(tmp_path), interview.parent.parent), models), probe(interview)
    kept, region = mattes.keep(LOCAL, shot, spot(300), 20, FrameRange(10, 30))
    assert (region.frame, region.first, region.last) == (20, 10, 30)
    folder = folder_of(Home(tmp_path), LOCAL, shot)
    assert folder is not None and kept.painted == folder.path / "painted"
    assert (painted_of(mattes.at_hand(LOCAL, shot), "fix", region) == spot(300)).all()
    assert kept.key == shot.key, "what was painted is in the pass's key, not in the shot's"
    assert mattes.at_hand("somebody", shot) == shot
    with pytest.raises(FootageError, match="not kept with"):
        painted_of(mattes.at_hand("somebody", shot), "fix", region)
    with pytest.raises(FootageError, match="does not lie in 10-15"):
        mattes.keep(LOCAL, shot, spot(300), 20, FrameRange(10, 15))
    _, other = mattes.keep(LOCAL, kept, spot(400), 20, FrameRange(20, 20))
    assert other.matte != region.matte and len(list((folder.path / "painted").iterdir())) == 2


def test_a_pass_s_matte_is_shown_and_then_as_it_was_corrected(
    interview: Path, looked_at: Path, models: ModelStore, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(looked_at, home.cache)
    mattes, shot = PaintedMattes(Rooms(home, interview.parent.parent), models), probe(interview)
    recipe = tiny_recipe()
    found = mattes.shown(shot, recipe, "face", 20, Progress())
    assert found is not None and found.shape == (360, 640)
    middle = np.mean(np.nonzero(found), axis=1)[::-1]
    hole = cv2.circle(np.zeros_like(found), np.round(middle).astype(int).tolist(), 9, (255,), -1).astype(np.uint8)
    correction = mattes.correct(LOCAL, shot, ("remove", hole), 20, FrameRange(18, 22))
    assert (correction.mode, correction.frame, correction.first, correction.last) == ("remove", 20, 18, 22)
    face = recipe.passes[1].model_copy(update={"corrections": (correction,), "enabled": False})
    corrected = recipe.model_copy(update={"passes": (recipe.passes[0], face)})
    now = mattes.shown(mattes.at_hand(LOCAL, shot), corrected, "face", 20, Progress())
    assert now is not None and (now == np.where(hole > 0, 0, found)).all()
    assert (
        mattes.shown(mattes.at_hand(LOCAL, shot), corrected, "face", 23, Progress())
        == mattes.shown(shot, recipe, "face", 23, Progress())
    ).all()
    for name in ("body", "hands"):
        with pytest.raises(RecipeError, match=f"no pass {name} with a matte"):
            mattes.shown(shot, recipe, name, 20, Progress())


def test_the_command_keeps_a_matte_beside_the_plate(
    interview: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate = tmp_path / "plate.mp4"
    plate.write_bytes(interview.read_bytes())
    cv2.imwrite(str(tmp_path / "fix.png"), spot(200))
    command = ["matte", str(plate), str(tmp_path / "fix.png"), "--frame", "20", "--frames", "10-30", "--json"]
    assert cli.main(command) == 0
    region = Painted.model_validate(json.loads(capsys.readouterr().out))
    assert (painted_of(probe(plate), "fix", region) == spot(200)).all()
    elsewhere = replace(probe(plate), painted=tmp_path / "none")
    assert (painted_of(elsewhere, "fix", region) == spot(200)).all(), "beside the plate as well as with the shot"
    assert cli.main([*command, "--mode", "remove"]) == 0
    assert Correction.model_validate(json.loads(capsys.readouterr().out)).matte == region.matte
    assert cli.main([*command[:-1], "--mode", "add"]) == 0
    assert capsys.readouterr().out.startswith("[[passes.corrections]]\nmatte = ")
    assert cli.main([*command[:3], "--frame", "40", "--frames", "10-30"]) != 0
    assert "does not lie in 10-30" in capsys.readouterr().err
