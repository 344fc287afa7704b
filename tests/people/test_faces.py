"""The faces of a shot's frames: the cascade is asked on a grid, and nobody is missed between the asked frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import Box, Frame, FrameRange, Picture
from pipeline.people.boxes import between, overlaps
from pipeline.people.faces import GRID, SMALLEST_FACE, Faces, SeenFace, asked
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.landmarks import FaceMesh
from tests import footage
from tests.people import pictures

EMPTY: Picture = np.full((300, 400, 3), 90, np.uint8)
LOSSLESS = footage.Clip(codec=("-c:v", "libx264rgb", "-crf", "0", "-preset", "ultrafast", "-threads", "1"), filters="")


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


def with_her(x: int) -> Picture:
    """A wall, and on it her head, its left edge at x; 0 = she is not there."""
    picture = EMPTY.copy()
    if x:
        head = pictures.true_box(pictures.MEDIUM).grown(30).cut(pictures.frame(pictures.MEDIUM))
        head = cv2.resize(head, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        picture[100 : 100 + head.shape[0], x : x + head.shape[1]] = head
    return picture


def beside_a_face(x: int) -> Picture:
    """The same beside a large face that is always there."""
    return np.hstack([pictures.frame(pictures.CLOSE_UP)[:300, 140:460], with_her(x)])


def clip_of(folder: Path, places: Sequence[int]) -> Shot:
    """A clip in which she is at these places, frame by frame, without loss."""
    return probe(footage.write_clip(folder / "clip.mkv", [beside_a_face(x) for x in places], LOSSLESS))


class Asked(FaceFinder):
    """A finder that notes how often the cascade is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def _haar(self, picture: Picture, known: Sequence[FoundFace]) -> list[Box]:
        self.times += 1
        return super()._haar(picture, known)


def boxes_of(faces: Sequence[SeenFace]) -> list[Box]:
    return [face.found.box for face in faces]


def counts(faces: Faces, frames: Iterator[Frame]) -> list[int]:
    return [len(faces.of(frame)) for frame in frames]


def test_she_is_one_whom_only_the_cascade_sees() -> None:
    """What the other tests rest on: she is missed by the mesh, and found by the finder."""
    with FaceMesh() as mesh, FaceFinder() as finder:
        assert len(mesh.find(beside_a_face(60))) == 1
        assert len(finder.find(beside_a_face(60), SMALLEST_FACE)) == 2


@pytest.mark.parametrize("comes", [1, 2, 3, 4, 6])
def test_who_comes_and_goes_is_found_from_the_first_frame_to_the_last(
    finder: FaceFinder, tmp_path: Path, comes: int
) -> None:
    places = [60 if comes <= at < comes + 5 else 0 for at in range(12)]
    shot = clip_of(tmp_path, places)
    faces = Faces(shot, tmp_path / "cache", finder)
    assert counts(faces, faces.ahead(read_frames(shot, shot.frames))) == [2 if x else 1 for x in places]


def test_who_moves_evenly_is_expected_and_the_cascade_is_left_alone(tmp_path: Path) -> None:
    shot = clip_of(tmp_path, [60 + 4 * at for at in range(9)])
    with Asked() as finder:
        faces = Faces(shot, tmp_path / "cache", finder)
        seen = [faces.of(frame) for frame in faces.ahead(read_frames(shot, shot.frames))]
    assert finder.times == 3, "in frames 0, 4 and 8"
    with FaceFinder() as alone:
        for number, found in enumerate(seen):
            whole = alone.find(read_frame(shot, number).pixels, SMALLEST_FACE)
            assert len(found) == len(whole) == 2
            for one, other in zip(found, whole, strict=True):
                assert np.abs(one.points - other.points)[:, :2].mean() < 1.0


def test_who_is_hidden_in_one_frame_is_lost_there_alone(tmp_path: Path) -> None:
    shot = clip_of(tmp_path, [60, 60, 0, 60, 60, 60])
    with Asked() as finder:
        faces = Faces(shot, tmp_path / "cache", finder)
        assert counts(faces, faces.ahead(read_frames(shot, shot.frames))) == [2, 2, 1, 2, 2, 2]
    assert finder.times == 4, "in frames 0, 4 and 5, and in 2, where she is missed"


@pytest.mark.slow
def test_what_is_found_is_the_same_whoever_looks_first(finder: FaceFinder, tmp_path: Path) -> None:
    """A batch that ends between two asked frames, frames that are asked for backwards, and one that is asked alone."""
    shot = clip_of(tmp_path, [0, 0, 0, 60, 64, 68, 72, 76, 80, 84, 0, 0])
    whole = Faces(shot, tmp_path / "whole", finder)
    seen = [whole.of(frame) for frame in whole.ahead(read_frames(shot, shot.frames))]
    for name, ranges in (("parts", [(6, 9), (10, 11), (0, 5)]), ("single", [(n, n) for n in reversed(range(12))])):
        for first, last in ranges:
            part = Faces(shot, tmp_path / name, finder)
            for frame in part.ahead(read_frames(shot, FrameRange(first, last))):
                found = part.of(frame)
                assert len(found) == len(seen[frame.number])
                for one, other in zip(found, seen[frame.number], strict=True):
                    assert np.array_equal(one.points, other.points) and np.array_equal(one.look, other.look)


def test_a_stream_is_read_once(finder: FaceFinder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shot = clip_of(tmp_path, [60] * 10)
    frames = list(read_frames(shot, shot.frames))
    faces = Faces(shot, tmp_path / "cache", finder)
    monkeypatch.setattr(faces._window, "_read", lambda frames: pytest.fail(f"{frames} are read again"))
    assert counts(faces, faces.ahead(iter(frames))) == [2] * 10


def test_what_is_known_is_given_while_another_frame_is_looked_at(finder: FaceFinder, tmp_path: Path) -> None:
    shot = clip_of(tmp_path, [60, 60])
    faces = Faces(shot, tmp_path / "cache", finder)
    known, given = faces.at(0), list[Sequence[SeenFace]]()
    with faces._lock:
        other = Thread(target=lambda: given.append(faces.at(0)))
        other.start()
        other.join(30)
    assert given == [known]


def test_frames_before_a_damaged_one_are_given_and_asked_alone(finder: FaceFinder, tmp_path: Path) -> None:
    shot, given = clip_of(tmp_path, [60] * 10), list[int]()
    faces = Faces(shot, tmp_path / "cache", finder)

    def damaged(frames: FrameRange) -> Iterator[Frame]:
        for frame in read_frames(shot, frames):
            if frame.number == 7:
                raise FootageError("Frame 7 cannot be read.", "Export the clip again.")
            yield frame

    faces._window._read = damaged
    with pytest.raises(FootageError, match="Frame 7"):
        for frame in faces.ahead(damaged(shot.frames)):
            given.append(frame.number)
            assert len(faces.of(frame)) == 2
    assert given == list(range(7))


def test_the_grid_counts_from_0_and_holds_both_ends() -> None:
    frames = FrameRange(2, 13)
    assert [asked(n, frames) for n in (2, 3, 4, 7, 12, 13)] == [(2, 4), (2, 4), (4, 8), (4, 8), (12, 13), (12, 13)]
    assert asked(0, FrameRange(0, 0)) == (0, 0)
    assert Faces.looks_ahead == GRID - 1


def test_boxes_between_two_pictures_go_from_each_to_the_one_it_overlaps_most() -> None:
    left, right = Box(0, 0, 40, 40), Box(100, 0, 20, 20)
    assert between([left, right], [Box(104, 8, 24, 20), Box(8, 0, 40, 40)], 0.25) == [
        Box(2, 0, 40, 40),
        Box(101, 2, 21, 20),
    ]
    assert overlaps(left, Box(8, 0, 40, 40))
    assert between([left], [], 0.5) is None and between([], [left], 0.5) is None
    assert between([left], [Box(60, 0, 40, 40)], 0.5) is None, "that is somebody else"
    assert between([], [], 0.5) == []
