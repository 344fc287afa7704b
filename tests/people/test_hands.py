"""Hands: found, told apart, their mattes against the engine's own, and their tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.frames import FrameRange, Picture
from pipeline.people.follow import follow
from pipeline.people.hands import PALM, THICKNESS, HandFinder, Hands, hand_mask, hand_matte, palm
from pipeline.people.track_stage import sightings
from pipeline.people.tracks import tracks_of

FRAMES = FrameRange(100, 104)


@pytest.fixture(scope="module")
def finder() -> Iterator[HandFinder]:
    with HandFinder() as finder:
        yield finder


@pytest.fixture(scope="module")
def gesture() -> Picture:
    """A frame of the sample shot with both hands in it."""
    return read_frame(probe(Path("samples/interview/plate.mp4")), 100).pixels


def test_both_hands_are_found_and_nothing_else(finder: HandFinder, gesture: Picture) -> None:
    hands = finder.find(gesture)
    assert len(hands) == 2
    wrists = sorted((float(points[0, 0]), float(points[0, 1])) for points in hands)
    assert np.allclose(wrists, [(172, 262), (463, 278)], atol=12)
    assert finder.find(np.full_like(gesture, 90)) == ()


def test_a_hand_stands_upright_and_turns_with_the_picture(finder: HandFinder, gesture: Picture) -> None:
    upright = palm(finder.find(gesture[:, 380:560])[0])
    turn = cv2.getRotationMatrix2D((90, 180), 30, 1.0)
    leaning = cv2.warpAffine(np.ascontiguousarray(gesture[:, 380:560]), turn, (180, 360), borderMode=cv2.BORDER_REFLECT)
    leaned = palm(finder.find(leaning.astype(np.uint8))[0])
    assert abs(upright.angle) < 30
    assert leaned.angle - upright.angle == pytest.approx(30, abs=12)
    assert leaned.size == pytest.approx(upright.size, rel=0.4)


def test_the_matte_covers_the_skin_and_little_else(finder: HandFinder, gesture: Picture) -> None:
    """The sample's hands are dark skin before a pale wall and a teal top: colour alone tells what is hand."""
    points = min(finder.find(gesture), key=lambda hand: hand[0, 0])
    mask = hand_mask(points, (640, 360)) > 0
    pixels = gesture.astype(np.float32)
    skin = (pixels[..., 0] > 1.15 * pixels[..., 2]) & (pixels.sum(axis=2) < 330)
    near = np.zeros_like(skin)
    y, x = int(points[:, 1].min()), int(points[:, 0].min())
    near[y - 8 : int(points[:, 1].max()), x - 8 : int(points[:, 0].max()) + 8] = True
    assert (mask & skin & near).sum() > 0.9 * (skin & near).sum(), "the hand is in the matte"
    assert (mask & skin).sum() > 0.5 * mask.sum(), "and most of the matte is hand"


def test_the_matte_is_as_thick_as_it_says_and_ends_at_the_plate(finder: HandFinder, gesture: Picture) -> None:
    points = finder.find(gesture)[0]
    matte = hand_matte(7, points, (640, 360))
    assert matte is not None and matte.frame == 7
    flat = points[list(PALM), :2]
    rim = THICKNESS * float(np.sqrt(((flat - flat.mean(axis=0)) ** 2).sum(axis=1).mean()))
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    assert matte.box.x == pytest.approx(low[0] - rim, abs=3)
    assert matte.box.bottom == pytest.approx(high[1] + rim, abs=3)
    assert hand_matte(7, points + np.array([2000, 0, 0], np.float32), (640, 360)) is None


def test_every_hand_has_a_track_of_its_own(finder: HandFinder, tmp_path: Path) -> None:
    shot = probe(Path("samples/interview/plate.mp4"))
    hands = Hands(shot, tmp_path, finder)
    seen = [sightings(read_frame(shot, number), hands) for number in FRAMES]
    tracks = tracks_of([(FRAMES, follow(seen, FRAMES, 24.0))], 24.0)
    assert tracks.people == (1, 2)
    for run in tracks.runs:
        assert run.frames == FRAMES and (run.faces >= 0).all()
        assert np.hypot(*np.diff(run.poses[:, :2], axis=0).T).max() < 6
    stored = Hands(shot, tmp_path, finder).at(FRAMES.first)
    assert [one.points.tolist() for one in stored] == [one.points.tolist() for one in hands.at(FRAMES.first)]
