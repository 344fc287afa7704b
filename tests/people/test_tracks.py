"""Tracks of real clips whose truth is known: no jumps, no swapped people, short losses bridged, long ones not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.errors import Cancelled
from pipeline.frames import FrameRange
from pipeline.people.cast import cast_of, people_at, with_numbers
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.follow import Sighting, follow
from pipeline.people.pose import Look, Pose, Reach
from pipeline.people.track_stage import TrackStage, tracks_store
from pipeline.people.tracks import NOT_SEEN, Run, Tracks, tracks_of
from pipeline.progress import Progress, Step
from tests import footage
from tests.people import crossing, pictures

pytestmark = pytest.mark.slow

COUNT = 36
RATE = 24.0


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


@pytest.fixture(scope="module")
def heads() -> tuple[crossing.Head, crossing.Head]:
    """He goes to the right, she to the left and in front of him."""
    him = crossing.Head(crossing.HIM, crossing.straight((110, 130), (370, 140), COUNT))
    return him, crossing.Head(crossing.HER, crossing.straight((380, 145), (100, 130), COUNT))


@pytest.fixture(scope="module")
def crossed(
    finder: FaceFinder, heads: tuple[crossing.Head, crossing.Head], tmp_path_factory: pytest.TempPathFactory
) -> Tracks:
    folder = tmp_path_factory.mktemp("crossed")
    shot = probe(footage.write_clip(folder / "crossing.mp4", crossing.pictures(heads)))
    return TrackStage.of(Faces(shot, folder / "cache", finder)).tracks(Progress())


def stored(interview: Path, looked_at: Path) -> Tracks:
    """The tracks of the sample shot, as they lie in the cache."""
    return Tracks.unpack(tracks_store(probe(interview), looked_at).read(0))


def test_the_face_box_makes_no_jump_that_the_head_does_not_make(interview: Path, looked_at: Path) -> None:
    truth = np.array(json.loads(interview.with_name("truth.json").read_text())["face_box"][0])
    middles = (truth[:, :2] + truth[:, 2:]) / 2
    for run in stored(interview, looked_at).runs:
        ours = np.abs(np.diff(run.middles, 2, axis=0))
        real = np.abs(np.diff(middles[run.frames.first : run.frames.last + 1], 2, axis=0))
        assert (ours - real).max() < 1
        assert ours.max() < 2


def test_a_cut_parts_the_tracks(interview: Path, looked_at: Path) -> None:
    tracks = stored(interview, looked_at)
    assert [(run.person, run.frames) for run in tracks.runs] == [(1, FrameRange(0, 63)), (2, FrameRange(64, 115))]
    assert [run.person for run in tracks.at(63)] == [1] and [run.person for run in tracks.at(64)] == [2]


def test_two_people_who_cross_never_swap(crossed: Tracks, heads: tuple[crossing.Head, crossing.Head]) -> None:
    assert crossed.people == (1, 2)
    for number, head in enumerate(heads, 1):
        (run,) = (run for run in crossed.runs if run.person == number)
        assert run.frames == FrameRange(0, COUNT - 1)
        away = np.hypot(*(run.middles - np.array(head.places)).T)
        assert away.max() < crossing.HEAD / 4, "whether seen or carried"


def test_who_is_hidden_behind_another_is_carried_and_marked(crossed: Tracks) -> None:
    him, her = crossed.runs
    assert (her.faces != NOT_SEEN).all() and not her.hidden.any()
    carried = np.flatnonzero(him.faces == NOT_SEEN)
    assert len(carried) and carried.min() > 12 and carried.max() < 24
    assert him.hidden.any() and set(np.flatnonzero(him.hidden)) <= set(carried)


def test_a_file_gives_the_same_tracks_back(crossed: Tracks) -> None:
    again = Tracks.unpack(crossed.pack())
    assert len(crossed.pack()) < 20_000
    for one, other in zip(crossed.runs, again.runs, strict=True):
        assert (one.person, one.frames) == (other.person, other.frames)
        for name in ("faces", "poses", "reaches", "hidden"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
    assert Tracks.unpack(Tracks(()).pack()).runs == ()


def test_the_cast_is_listed_and_drawn(crossed: Tracks) -> None:
    him, her = cast_of(crossed)
    assert (him.person, her.person) == (1, 2) and him.box.x < her.box.x
    assert him.frames == FrameRange(0, COUNT - 1) and him.seen < her.seen == COUNT
    seen = people_at(crossed, 0)
    assert [one.person for one in seen] == [1, 2]
    plate = np.zeros((crossing.HEIGHT, crossing.WIDTH, 3), np.uint8)
    drawn = with_numbers(plate, seen)
    assert not plate.any()
    for one in seen:
        assert drawn[one.box.y, one.box.x].any() and not drawn[one.box.y + 20, one.box.x + 20].any()
    assert people_at(None, 0) == ()


def test_a_stopped_look_goes_on_and_the_plate_is_read_for_faces_that_were_cleared(
    finder: FaceFinder, tmp_path: Path
) -> None:
    clip = footage.write_clip(tmp_path / "pair.mp4", [pictures.pair()] * 6)
    faces, seen = Faces(probe(clip), tmp_path / "cache", finder), list[Step]()

    def stop(step: Step) -> None:
        seen.append(step)
        if step.done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        TrackStage.of(faces).tracks(Progress(stop))
    fresh = Faces(probe(clip), tmp_path / "cache", finder)
    tracks = TrackStage.of(fresh).tracks(Progress(seen.append))
    assert [(step.done, step.reused) for step in seen[4:]] == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 5)]
    assert tracks.people == (1, 2)
    before = fresh.at(2)
    fresh.store.path(2).unlink()
    again = Faces(probe(clip), tmp_path / "cache", finder).at(2)
    assert all(np.array_equal(one.points, other.points) for one, other in zip(before, again, strict=True))


LOOK: Look = np.full((12, 12, 3), 100, np.uint8)


def one_run_each(seen: set[int], count: int, speed: float = 0.0, slip: int | None = None) -> tuple[Run, ...]:
    """The runs of someone who is seen in these frames of a clip, moving evenly, out of place in frame `slip`."""

    def at(frame: int) -> tuple[Sighting, ...]:
        x = 200 + speed * frame + (8 if frame == slip else 0)
        return (Sighting(frame, 0, Pose(x, 100, 20, 5.0), Reach(20, 20, 25, 30), LOOK),) if frame in seen else ()

    setup = FrameRange(0, count - 1)
    return tracks_of([(setup, follow([at(f) for f in setup], setup, RATE))], RATE).runs


def test_a_short_loss_is_bridged_and_a_long_one_is_not() -> None:
    (bridged,) = one_run_each(set(range(60)) - set(range(20, 32)), 60, speed=2)
    assert bridged.frames == FrameRange(0, 59)
    assert np.diff(bridged.poses[:, 0]) == pytest.approx(2, abs=0.3)
    before, after = one_run_each(set(range(60)) - set(range(20, 34)), 60, speed=2)
    assert (before.frames, after.frames) == (FrameRange(0, 23), FrameRange(30, 59)), "each carried on for four frames"
    assert before.person == after.person == 1


def test_ends_are_carried_on_the_way_they_went_but_not_over_the_end_of_the_set_up() -> None:
    (run,) = one_run_each(set(range(10, 58)), 60, speed=3)
    assert run.frames == FrameRange(6, 59)
    assert run.middles[0, 0] - run.middles[4, 0] == pytest.approx(-12, abs=1.5)
    assert run.faces[:4].tolist() == [NOT_SEEN] * 4 and run.faces[-2:].tolist() == [NOT_SEEN] * 2


def test_a_slip_of_the_finder_moves_nothing() -> None:
    (steady,), (slipped,) = one_run_each(set(range(40)), 40), one_run_each(set(range(40)), 40, slip=20)
    assert slipped.poses == pytest.approx(steady.poses, abs=0.2)
