"""Whose faces are measured: people found and followed, cuts found and given, tracks given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.write import write_movie
from pipeline.frames import FrameRange, Picture
from pipeline.measure.acting import PLATE
from pipeline.measure.aids import NOTHING_KNOWN, Aids
from pipeline.measure.expression import BLINKS
from pipeline.measure.report import Report, measure
from pipeline.measure.whom import Whom, whom
from pipeline.progress import Progress

SAMPLE = Path(__file__).parents[2] / "samples" / "interview" / "plate.mp4"
AROUND = FrameRange(58, 71)
CUT = 64


@pytest.fixture(scope="module")
def shot() -> Shot:
    return probe(SAMPLE)


@pytest.fixture(scope="module")
def found(shot: Shot) -> Whom:
    return whom(shot, AROUND, NOTHING_KNOWN, Progress())


def test_the_cut_is_found_and_the_person_after_it_is_a_new_one(found: Whom) -> None:
    assert found.cuts == {CUT}
    (before,), (after,) = found.at(CUT - 1), found.at(CUT)
    assert before.person != after.person
    assert before.box.width > 2 * after.box.width


def test_boxes_are_smoothed_and_lie_around_the_true_face(found: Whom) -> None:
    truth = np.load(SAMPLE.parent / "truth.npz")["face_box"][0]
    for frame in AROUND:
        (one,) = found.at(frame)
        middle = np.array([one.box.x + one.box.width / 2, one.box.y + one.box.height / 2])
        assert np.linalg.norm(middle - (truth[frame, :2] + truth[frame, 2:]) / 2) < 0.35 * one.box.width, frame


def test_a_cut_that_is_given_counts_although_nothing_shows_it(shot: Shot) -> None:
    known = whom(shot, FrameRange(20, 31), Aids(cuts=(26, 400)), Progress())
    assert known.cuts == {26}
    assert known.at(25)[0].person != known.at(26)[0].person


@pytest.mark.slow
def test_given_tracks_are_taken_as_they_are_and_say_the_same(shot: Shot, found: Whom, tmp_path: Path) -> None:
    pictures = [frame.pixels for frame in read_frames(shot, AROUND)]
    write_movie(tmp_path / "render.mp4", pictures, shot, 2, None)
    render, news = probe(tmp_path / "render.mp4"), list[str]()
    given = measure(
        shot,
        render,
        AROUND,
        Progress(lambda step: news.append(step.stage)),
        Aids(found.tracks, tuple(found.cuts)),
    )
    looked_for = measure(shot, render, AROUND, Progress())
    assert set(news) == {"measure"}
    assert given.to_json() == looked_for.to_json()
    assert given.cuts == (CUT,)
    for one in given.pictures.flicker:
        assert one.curve[CUT - AROUND.first] is None, "nothing is compared across a cut"
        assert one.curve[CUT - AROUND.first + 1] is not None


def side_by_side(left: Picture, right: Picture) -> Picture:
    """The middles of two pictures beside each other."""
    width = left.shape[1]
    part = slice(width // 4, width // 4 + width // 2)
    return np.ascontiguousarray(np.concatenate([left[:, part], right[:, part]], axis=1))


@pytest.mark.slow
def test_two_people_in_one_frame_keep_their_own_acting(shot: Shot, tmp_path: Path) -> None:
    """She sits beside herself, acting what she acts eight frames later."""
    frames = [frame.pixels for frame in read_frames(shot, FrameRange(30, 53))]
    pairs = [side_by_side(early, late) for early, late in zip(frames[:-8], frames[8:], strict=True)]
    write_movie(tmp_path / "two.mp4", pairs, shot, 2, None)
    two = probe(tmp_path / "two.mp4")
    report: Report = measure(two, two, two.frames, Progress())
    left, right = report.acting.people
    assert left.frames == right.frames == tuple(range(16))
    blink = BLINKS[0]
    ours, theirs = left.curves[PLATE, 8:, blink], right.curves[PLATE, :8, blink]
    assert np.corrcoef(ours, theirs)[0, 1] > 0.97
    assert np.corrcoef(left.curves[PLATE, :, blink], right.curves[PLATE, :, blink])[0, 1] < 0.5
