"""Cuts set by hand: they join those that are found, and enter every key that depends on cuts and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, RecipeError
from pipeline.keys import Key
from pipeline.motion.cuts import CutStore, cuts_key, found_key
from pipeline.people.faces import Faces, faces_key
from pipeline.people.finder import FaceFinder
from pipeline.people.track_stage import TrackStage, tracks_key
from pipeline.prepare.painted import painted_key
from pipeline.progress import Progress, Step
from pipeline.recipe.footage import AS_FOUND, Footage, footage_with
from pipeline.recipe.regions import Painted


def with_cuts(shot: Shot, *added: int, removed: tuple[int, ...] = ()) -> Shot:
    return replace(shot, footage=Footage(added_cuts=added, removed_cuts=removed))


def test_a_cut_is_added_and_a_found_one_removed(interview: Path, looked_at: Path) -> None:
    shot = probe(interview)
    assert CutStore.of(shot, looked_at).cuts().starts == (64,)
    assert CutStore.of(with_cuts(shot, 30), looked_at).cuts().starts == (30, 64)
    by_hand = CutStore.of(with_cuts(shot, 90, 30, removed=(64,)), looked_at)
    assert by_hand.cuts().starts == (30, 90) and by_hand.found() == (64,)
    assert by_hand.cuts().setup(64).first == 30, "the set-ups follow"


def test_setting_and_taking_away_undo_each_other() -> None:
    found = (64,)
    assert AS_FOUND.with_cut(30, found).without_cut(30, found) == AS_FOUND
    assert AS_FOUND.without_cut(64, found).with_cut(64, found) == AS_FOUND
    assert AS_FOUND.with_cut(64, found) == AS_FOUND, "it is there already"
    assert AS_FOUND.with_cut(30, found).without_cut(64, found).cuts(found) == (30,)


def test_cuts_by_hand_change_what_depends_on_cuts_and_nothing_else(interview: Path) -> None:
    shot = probe(interview)
    changed = with_cuts(shot, 30)
    region = Painted(matte="a" * 64, frame=0, first=0, last=10)
    keys: dict[str, tuple[Key, Key]] = {
        name: (key(shot), key(changed))  # pyright: ignore[reportCallIssue]
        for name, key in {"cuts": cuts_key, "tracks": tracks_key, "faces": faces_key, "found": found_key}.items()
    }
    assert keys["cuts"][0] != keys["cuts"][1] and keys["tracks"][0] != keys["tracks"][1]
    assert painted_key(shot, region) != painted_key(changed, region)
    assert keys["faces"][0] == keys["faces"][1] and keys["found"][0] == keys["found"][1]
    assert cuts_key(shot) == found_key(shot), "a shot without cuts by hand keeps its keys"
    assert cuts_key(with_cuts(shot, 30, 90)) == cuts_key(with_cuts(shot, 90, 30, 30))


def test_people_are_followed_anew_from_what_was_seen_before(interview: Path, tmp_path: Path) -> None:
    """Ten frames of the sample: a cut in the middle makes two people of one, and no picture is read for it."""
    plate = shortened(interview, tmp_path / "short.mp4", 10)
    shot, cache, heard = probe(plate), tmp_path / "cache", list[Step]()
    with FaceFinder() as finder:
        before = TrackStage.of(Faces(shot, cache, finder)).tracks(Progress())
        changed = with_cuts(shot, 5)
        plate.unlink()
        after = TrackStage.of(Faces(changed, cache, finder)).tracks(Progress(heard.append))
    assert [run.frames.first for run in before.runs] == [0]
    assert [run.frames.first for run in after.runs] == [0, 5]
    assert (heard[-1].done, heard[-1].reused) == (10, 10)


def shortened(clip: Path, path: Path, count: int) -> Path:
    from pipeline.clip.read import read_frames
    from pipeline.frames import FrameRange
    from tests import footage

    return footage.write_clip(path, (frame.pixels for frame in read_frames(probe(clip), FrameRange(0, count - 1))))


def test_cuts_are_written_on_the_command_line(interview: Path) -> None:
    assert footage_with(["added_cuts=90, 30,30", "removed_cuts=64"]).cuts((64,)) == (30, 90)
    for wrong in ("added_cuts=0", "added_cuts=soon"):
        with pytest.raises(RecipeError, match="added_cuts"):
            footage_with([wrong])
    with pytest.raises(RecipeError, match="both added and removed"):
        footage_with(["added_cuts=64", "removed_cuts=64"])
    with pytest.raises(FootageError, match=r"There is no frame 900 in plate .* It has frames 0-115\."):
        probe(interview, Footage(added_cuts=(900,)))
