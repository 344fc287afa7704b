"""What is seen of a shot before it is rendered."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from tests.footage import clip
from ui.tabs.shot.words import chips, marks_of, people
from verbs.sights import STRIP_HEIGHT, Sights


def test_a_strip_shows_the_whole_shot(interview: Path, tmp_path: Path) -> None:
    numbers, picture = Sights(tmp_path).strip(probe(interview), 8)
    assert numbers == [0, 14, 29, 43, 58, 72, 87, 101]
    assert picture.shape == (STRIP_HEIGHT, 8 * 96, 3) and picture.dtype == np.uint8


def test_a_short_shot_has_a_short_strip(tmp_path: Path) -> None:
    numbers, picture = Sights(tmp_path).strip(probe(clip(tmp_path / "clip.mp4", 3, 192, 108)), 16)
    assert numbers == [0, 1, 2] and picture.shape[1] == 3 * 96


def test_cuts_and_people_of_the_sample(interview: Path, looked_at: Path) -> None:
    shot, sights = probe(interview), Sights(looked_at)
    sight = sights.known(shot)
    assert sight is not None
    assert [(setup.frames.first, setup.frames.last) for setup in sight.setups] == [(0, 63), (64, 115)]
    close, medium = (setup.face for setup in sight.setups)
    assert close and medium and close > 2 * medium
    assert marks_of(sight, shot)[0] == [64] and len(marks_of(sight, shot)[1]) == 116
    assert "Set-up 2 · 0064-0115" in chips(sight) and "1 cut found" in chips(sight)
    assert "in 116 of 116 frames" in people(sight, shot)
    assert not np.array_equal(sights.numbered(shot, 70), read_frame(shot, 70).pixels)


def test_nothing_is_known_before_somebody_has_looked(interview: Path, tmp_path: Path) -> None:
    shot, sights = probe(interview), Sights(tmp_path)
    assert sights.known(shot) is None
    assert np.array_equal(sights.numbered(shot, 3), read_frame(shot, 3).pixels)
