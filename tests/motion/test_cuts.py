"""Cuts of real and made-up clips: where they are, and where a moving camera or a light is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.frames import FrameRange, Picture
from pipeline.motion.cuts import Cuts, CutStore, cuts_in
from tests import footage

STAIRWELL = Path(__file__).parents[2] / "samples" / "stairwell" / "plate.mp4"


def plate(path: Path) -> list[Picture]:
    shot = probe(path)
    return [frame.pixels for frame in read_frames(shot, shot.frames)]


@pytest.fixture(scope="module")
def cut_shot() -> list[Picture]:
    return plate(Path(__file__).parents[2] / "samples" / "interview" / "plate.mp4")


def test_the_cut_of_the_sample_shot_is_found_to_the_frame(cut_shot: list[Picture]) -> None:
    assert cuts_in(cut_shot) == (64,)


@pytest.mark.parametrize(("first", "last"), [(60, 70), (63, 80), (62, 64), (50, 65), (40, 64)])
def test_a_cut_next_to_an_end_of_the_clip_is_found_too(cut_shot: list[Picture], first: int, last: int) -> None:
    assert cuts_in(cut_shot[first : last + 1]) == (64 - first,)


def test_a_moving_camera_is_no_cut() -> None:
    pictures = plate(STAIRWELL)
    assert cuts_in(pictures) == ()
    assert cuts_in(pictures[::4]) == (), "four times as fast"


def test_shots_cut_together_fall_apart_again(cut_shot: list[Picture]) -> None:
    other = [cv2.resize(p, (640, 360)).astype(np.uint8) for p in plate(STAIRWELL)[:12]]
    assert cuts_in([*cut_shot[:12], *other, *cut_shot[80:92]]) == (12, 24)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_very_short_clips_have_no_cuts(cut_shot: list[Picture], count: int) -> None:
    assert cuts_in(cut_shot[:count]) == ()


def test_a_light_that_is_switched_slowly_is_no_cut(cut_shot: list[Picture]) -> None:
    dimmed = [(p * share).astype(np.uint8) for p, share in zip(cut_shot[:24], np.linspace(1, 0.3, 24), strict=True)]
    assert cuts_in(dimmed) == ()


def test_set_ups_lie_between_the_cuts() -> None:
    cuts = Cuts(FrameRange(0, 99), (10, 40))
    assert cuts.setups == (FrameRange(0, 9), FrameRange(10, 39), FrameRange(40, 99))
    assert [cuts.setup(frame) for frame in (0, 9, 10, 39, 40, 99)] == [cuts.setups[i] for i in (0, 0, 1, 1, 2, 2)]
    assert cuts.together(10, 39) and not cuts.together(9, 10)
    assert Cuts(FrameRange(0, 5), ()).setups == (FrameRange(0, 5),)


def test_cuts_are_kept(tmp_path: Path) -> None:
    pictures = [np.full((96, 128, 3), level, np.uint8) for level in [20] * 6 + [200] * 6]
    shot = probe(footage.write_clip(tmp_path / "cut.mp4", pictures))
    store = CutStore.of(shot, tmp_path / "cache")
    assert not store.finished
    assert store.cuts() == Cuts(FrameRange(0, 11), (6,))
    shot.plate.unlink()
    assert CutStore.of(shot, tmp_path / "cache").cuts().starts == (6,), "read from the cache: the plate is gone"
