from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.filters.stream import Scene
from pipeline.frames import FrameRange
from pipeline.prepare.plate import Plate, prepare_key
from pipeline.recipe.filters import AnyFilter, Deflicker, Grain, Sharpen
from pipeline.stage import FrameStore
from tests.footage import clip, number_in

FILTERS: tuple[AnyFilter, ...] = (Deflicker(reach=2), Grain(amount=2))


def plate_of(tmp_path: Path, filters: tuple[AnyFilter, ...] = FILTERS, name: str = "cache") -> Plate:
    shot = probe(clip(tmp_path / "plate.mp4", 24, 96, 64))
    scene = Scene(
        plate=lambda _: np.zeros((64, 96, 3), np.uint8),
        faces=lambda _: None,
        expression=lambda _: None,
        cuts=frozenset(),
    )
    return Plate(shot, filters, FrameStore(tmp_path / name, prepare_key(filters, [shot.key]), ".png"), scene)


def test_a_plate_without_filters_is_the_clip(tmp_path: Path) -> None:
    plate = plate_of(tmp_path, ())
    for ours, theirs in zip(plate.frames(plate.shot.frames), read_frames(plate.shot, plate.shot.frames), strict=True):
        assert (ours.pixels == theirs.pixels).all()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("first", [(5, 9), (0, 0), (23, 23), (11, 20)])
def test_a_frame_is_the_same_whichever_part_is_prepared_first(first: tuple[int, int], tmp_path: Path) -> None:
    whole = plate_of(tmp_path, name="whole")
    parts = plate_of(tmp_path, name="parts")
    assert len(list(parts.frames(FrameRange(*first)))) == first[1] - first[0] + 1
    for ours, theirs in zip(parts.frames(parts.shot.frames), whole.frames(whole.shot.frames), strict=True):
        assert ours.number == theirs.number == number_in(ours.pixels)
        assert (ours.pixels == theirs.pixels).all()


def test_finished_frames_are_not_prepared_again(tmp_path: Path) -> None:
    plate = plate_of(tmp_path)
    list(plate.frames(FrameRange(0, 7)))
    before = {path: path.stat().st_mtime_ns for path in plate.store.folder.iterdir()}
    list(plate.frames(FrameRange(0, 11)))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert sorted(path.name for path in plate.store.folder.iterdir()) == [f"{n:06d}.png" for n in range(12)]


def test_filters_that_are_off_do_not_count(tmp_path: Path) -> None:
    key = plate_of(tmp_path).shot.key
    assert prepare_key((*FILTERS, Sharpen(enabled=False)), [key]) == prepare_key(FILTERS, [key])
    assert prepare_key((*FILTERS, Sharpen()), [key]) != prepare_key(FILTERS, [key])
    assert prepare_key(FILTERS[::-1], [key]) != prepare_key(FILTERS, [key])
