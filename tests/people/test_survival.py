"""People through what loses faces: strong turns, a pillar, the edge of the picture, both gone and back elsewhere.

The heads are cut from other frames of the sample shots than those on which the tracks were tuned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.people.faces import Faces
from pipeline.people.finder import FaceFinder
from pipeline.people.track_stage import TrackStage
from pipeline.people.tracks import NOT_SEEN, Run, Tracks
from pipeline.progress import Progress
from tests import footage
from tests.people.crossing import HEAD, Head, pictures, straight, wave

pytestmark = pytest.mark.slow

HER, HIM = ("interview", 8), ("stairwell", 60)
COUNT = 48


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


def tracked(finder: FaceFinder, folder: Path, heads: Sequence[Head], pillar: tuple[int, int] | None = None) -> Tracks:
    shot = probe(footage.write_clip(folder / "clip.mp4", pictures(heads, pillar)))
    return TrackStage.of(Faces(shot, folder / "cache", finder)).tracks(Progress())


def strays(run: Run, head: Head) -> np.ndarray:
    """Pixels by which a run is off its head, in the frames in which it sees a face."""
    places = np.array(head.places)[run.frames.first : run.frames.last + 1]
    return np.hypot(*(run.middles - places).T)[run.faces != NOT_SEEN]


def owners(tracks: Tracks, heads: Sequence[Head]) -> dict[int, set[int]]:
    """For each person of the tracks, which heads their runs follow, in any frame in which they see a face."""
    found: dict[int, set[int]] = {}
    for run in tracks.runs:
        seen = np.flatnonzero(run.faces != NOT_SEEN)
        away = [np.hypot(*(run.middles - np.array(h.places)[list(run.frames)]).T)[seen] for h in heads]
        found.setdefault(run.person, set()).update(np.argmin(away, axis=0).tolist())
    return found


@pytest.mark.parametrize("source", [HER, HIM])
def test_a_head_that_tilts_far_both_ways_is_one_person(
    finder: FaceFinder, tmp_path: Path, source: tuple[str, int]
) -> None:
    rolls = wave((0, 50, 0, -50, 0), COUNT)
    head = Head(source, straight((200, 130), (280, 140), COUNT), rolls=rolls)
    (run,) = tracked(finder, tmp_path, [head]).runs
    assert len(run.frames) == COUNT
    assert strays(run, head).max() < HEAD / 4
    off = (run.poses[:, 3] - np.array(rolls) + 180) % 360 - 180
    steady = np.median(off[:4])
    assert np.abs(off - steady).max() < 20


@pytest.mark.parametrize("source", [HER, HIM])
def test_a_head_that_turns_away_and_back_is_one_person(
    finder: FaceFinder, tmp_path: Path, source: tuple[str, int]
) -> None:
    head = Head(source, straight((200, 130), (280, 140), COUNT), widths=wave((1, 1, 0.35, 1, 1), COUNT))
    tracks = tracked(finder, tmp_path, [head])
    assert tracks.people == (1,)
    assert max(strays(run, head).max() for run in tracks.runs) < HEAD / 4


def test_behind_a_pillar_each_stays_who_they_are(finder: FaceFinder, tmp_path: Path) -> None:
    heads = [
        Head(HIM, straight((90, 130), (390, 135), COUNT)),
        Head(HER, straight((210, 140), (460, 130), COUNT)),
    ]
    tracks = tracked(finder, tmp_path, heads, pillar=(230, 290))
    found = owners(tracks, heads)
    assert all(len(heads_of) == 1 for heads_of in found.values()), "nobody becomes the other"
    assert set.union(*found.values()) == {0, 1}, "both are seen"


@pytest.mark.parametrize("away", [6, 24])
def test_who_leaves_the_picture_comes_back_as_the_same_person(finder: FaceFinder, tmp_path: Path, away: int) -> None:
    half = (COUNT - away) // 2
    out, gone = straight((150, 140), (-60, 140), half), [(-120.0, 140.0)] * away
    head = Head(HER, [*out, *gone, *reversed(out)])
    tracks = tracked(finder, tmp_path, [head])
    assert tracks.people == (1,)
    assert all(strays(run, head).max() < HEAD / 3 for run in tracks.runs)


def test_two_who_leave_and_come_back_on_the_other_side_are_not_taken_for_each_other(
    finder: FaceFinder, tmp_path: Path
) -> None:
    """He goes out to the left and comes back from the right, she the other way round, at the same time.

    His light changes meanwhile so much that he is somebody new, which is better than to be her.
    """
    third = COUNT // 3
    left, right = straight((130, 130), (-70, 130), third), straight((350, 140), (550, 140), third)
    him = Head(HIM, [*left, *[(-120.0, 130.0)] * third, *reversed(right)])
    her = Head(HER, [*right, *[(600.0, 140.0)] * third, *reversed(left)])
    tracks = tracked(finder, tmp_path, [him, her])
    found = owners(tracks, [him, her])
    assert all(len(heads_of) == 1 for heads_of in found.values()), "nobody becomes the other"
    assert len([run for run in tracks.runs if run.person == 2]) == 2 and found[2] == {1}, "she is known again"
