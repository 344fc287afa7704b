"""Reference hands: the hand of another clip comes to lie on the plate's, with the plate's colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.errors import FootageError
from pipeline.filters.chain import reach_of
from pipeline.filters.reference_hands import pairs, similarity, steadied, with_reference_hands
from pipeline.filters.stream import Moment, Scene
from pipeline.frames import FrameRange, Picture
from pipeline.people.hands import HandFinder, hand_mask
from pipeline.people.landmarks import HandPoints
from pipeline.prepare.plate import read_by
from pipeline.recipe.filters import ReferenceHands
from tests.footage import write_clip

FRAMES = FrameRange(100, 102)


def shifted(picture: Picture) -> Picture:
    """The picture 24 pixels to the right, 10 up, a tenth larger, and in other colours."""
    move = np.array([[1.1, 0, 24], [0, 1.1, -10]], np.float64)
    moved = cv2.warpAffine(picture, move, (640, 360), borderMode=cv2.BORDER_REFLECT)
    return (moved * np.array([0.7, 1.0, 1.25])).clip(0, 255).astype(np.uint8)


def scene_with(plate: Callable[[int], Picture], hands: Callable[[Picture], Sequence[HandPoints]]) -> Scene:
    return Scene(plate, lambda number: None, lambda pixels: None, frozenset(), hands)


@pytest.mark.slow
def test_a_reference_hand_lands_on_the_plates(interview: Path, tmp_path: Path) -> None:
    plate = {frame.number: frame.pixels for frame in read_frames(probe(interview), FRAMES)}
    write_clip(tmp_path / "reference.mp4", [shifted(picture) for picture in plate.values()])
    settings = ReferenceHands(clip=str(tmp_path / "reference.mp4"), offset=-100, match=1.0)
    with HandFinder() as finder:
        scene = scene_with(plate.__getitem__, finder.find)
        stream = (Moment(number, picture.astype(np.float32) / 255) for number, picture in plate.items())
        made = list(with_reference_hands(stream, settings, scene))[1]
        hands = finder.find(plate[101])
    inside = np.maximum.reduce([hand_mask(points, (640, 360)) for points in hands]) > 0
    error = np.abs(made.pixels * 255 - plate[101]).mean(axis=2)
    assert error[inside].mean() > 0.5, "something was laid over"
    assert error[inside].mean() < 14, "the same hand, back in its place and its colours"
    unaligned = np.abs(shifted(plate[101]).astype(float) - plate[101]).mean(axis=2)
    assert error[inside].mean() < 0.35 * unaligned[inside].mean()
    far = cv2.dilate(inside.astype(np.uint8), np.ones((41, 41))) == 0
    assert error[far].max() < 0.01


def test_where_the_reference_ends_the_plate_stays(interview: Path, tmp_path: Path) -> None:
    picture = next(read_frames(probe(interview), FRAMES)).pixels
    write_clip(tmp_path / "reference.mp4", [picture] * 2)
    stream = iter([Moment(7, picture.astype(np.float32) / 255)])
    scene = scene_with(lambda number: picture, lambda found: ())
    made = next(with_reference_hands(stream, ReferenceHands(clip=str(tmp_path / "reference.mp4")), scene))
    assert (made.pixels == picture.astype(np.float32) / 255).all()
    assert reach_of([ReferenceHands(clip="x")]) == 1


def test_what_a_filter_reads_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="no file"):
        read_by([ReferenceHands(clip=str(tmp_path / "none.mp4"))])


def hand(x: float, y: float, size: float = 10.0) -> HandPoints:
    points = np.random.default_rng(4).uniform(-size, size, (21, 3)).astype(np.float32)
    return points + np.array([x, y, 0], np.float32)


def test_left_stays_left_wherever_the_reference_stands() -> None:
    ours, theirs = [hand(100, 50), hand(300, 60)], [hand(620, 350, 20), hand(260, 330, 20)]
    matched = pairs(ours, theirs)
    assert [float(there[:, 0].mean()) < 400 for _, there in matched] == [True, False]
    assert pairs(ours, []) == []


def test_landmarks_are_averaged_with_the_same_hand_beside() -> None:
    by_frame = {3: [hand(100, 50)], 4: [hand(104, 50)], 5: [hand(300, 50)]}
    made = steadied(by_frame.__getitem__, 4, [3, 4, 5])[0]
    assert made[:, 0].mean() - hand(100, 50)[:, 0].mean() == pytest.approx(4 * 0.5 / 0.75, abs=1e-3)
    assert (steadied(by_frame.__getitem__, 4, [4])[0] == by_frame[4][0]).all()


def test_the_similarity_is_found_exactly() -> None:
    points = hand(0, 0)[:, :2]
    turn = np.array([[0.8, -0.6], [0.6, 0.8]]) * 1.5
    assert similarity(points, points @ turn.T + [7, -3]) == pytest.approx(np.column_stack([turn, [7, -3]]), abs=1e-4)
