"""Flicker against synthetic truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.frames import Box, FrameRange, Picture
from pipeline.measure.ceiling import ceiling_copy
from pipeline.measure.flicker import REGIONS, FlickerMeter, Levels, low_pass

PLATE = Path(__file__).parents[2] / "samples" / "interview" / "plate.mp4"
FACE = Box(200, 40, 220, 240)
Change = Callable[[int, Picture], Picture]


@pytest.fixture(scope="module")
def plate() -> list[Picture]:
    return [frame.pixels for frame in read_frames(probe(PLATE), FrameRange(20, 26))]


def brighter(picture: Picture, levels: int) -> Picture:
    return np.clip(picture.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def alternating(levels: int) -> Change:
    return lambda frame, picture: brighter(picture, levels if frame % 2 else -levels)


def measured(plate: Sequence[Picture], change: Change) -> list[Levels]:
    """What the meter gives for each frame but the first, for the plate and the changed plate."""
    meter = FlickerMeter()
    steps = [meter.step((picture, change(frame, picture)), [FACE], cut=False) for frame, picture in enumerate(plate)]
    assert steps[0] is None
    return [step for step in steps if step is not None]


def added(plate: Sequence[Picture], change: Change) -> dict[str, float]:
    steps = measured(plate, change)
    return {region: float(np.mean([step[region][1] - step[region][0] for step in steps])) for region in REGIONS}


def test_the_plate_itself_adds_nothing(plate: list[Picture]) -> None:
    assert added(plate, lambda _, picture: picture) == dict.fromkeys(REGIONS, 0.0)


@pytest.mark.parametrize("levels", [3, 8])
def test_alternating_brightness_is_measured_within_a_tenth(plate: list[Picture], levels: int) -> None:
    """Frames that are k levels too bright and too dark in turn change by 2k."""
    soft = [brighter((picture * 0.8).astype(np.uint8), 20) for picture in plate]
    figures = added(soft, alternating(levels))
    assert figures["whole frame"] == pytest.approx(2 * levels, rel=0.1)
    assert figures["elsewhere"] == pytest.approx(2 * levels, rel=0.1)


def test_flicker_of_the_face_shows_in_the_face(plate: list[Picture]) -> None:
    def in_face(frame: int, picture: Picture) -> Picture:
        changed = picture.copy()
        FACE.cut(changed)[:] = brighter(FACE.cut(changed), 6 if frame % 2 else -6)
        return changed

    figures = added(plate, in_face)
    assert figures["face"] > 9
    assert abs(figures["elsewhere"]) < 0.5


def test_grain_hardly_counts_and_movement_does_not_count(plate: list[Picture]) -> None:
    texture = low_pass(np.random.default_rng(2).integers(0, 256, (200, 400, 3)).astype(np.uint8))
    texture = np.clip((texture - 128) * 6 + 128, 0, 255).astype(np.uint8)
    moving = [np.ascontiguousarray(texture[:, 4 * step : 4 * step + 320]) for step in range(8)]
    own = np.mean([step["whole frame"][0] for step in measured(moving, lambda _, picture: picture)])
    still = np.mean([np.abs(low_pass(b) - low_pass(a)).mean() for a, b in pairwise(moving)])
    assert own < 0.05 * still
    assert added(plate, lambda frame, picture: ceiling_copy(picture, frame))["whole frame"] < 0.15


def test_what_is_uncovered_does_not_count() -> None:
    """A bright square moves over a dark texture: the ground that it uncovers was not seen before."""
    ground = cv2.GaussianBlur(np.random.default_rng(4).integers(20, 80, (180, 320, 3)).astype(np.uint8), (0, 0), 2)
    square = cv2.GaussianBlur(np.random.default_rng(5).integers(120, 255, (60, 60, 3)).astype(np.uint8), (0, 0), 1)
    frames = []
    for step in range(6):
        picture = ground.copy()
        picture[60:120, 40 + 8 * step : 100 + 8 * step] = square
        frames.append(picture.astype(np.uint8))
    own = np.mean([step["whole frame"][0] for step in measured(frames, lambda _, picture: picture)])
    stills = [np.abs(low_pass(b) - low_pass(a)).mean() for a, b in pairwise(frames)]
    assert own < 0.3 * np.mean(stills)


def test_cuts_and_missing_faces_are_left_out(plate: list[Picture]) -> None:
    meter = FlickerMeter()
    meter.step(plate[:1], [], cut=False)
    assert meter.step(plate[1:2], [], cut=True) is None
    after = meter.step(plate[2:3], [], cut=False)
    assert after is not None
    assert np.isnan(after["face"][0])
    assert after["whole frame"] == after["elsewhere"]


def test_the_same_frames_give_the_same_numbers(plate: list[Picture]) -> None:
    assert measured(plate[:4], alternating(2)) == measured(plate[:4], alternating(2))


def test_the_ceiling_copy_has_gain_and_grain_and_a_seed() -> None:
    grey = np.full((200, 200, 3), 100, np.uint8)
    copy = ceiling_copy(grey, 5)
    assert float(copy.mean()) == pytest.approx(103, abs=0.05)
    assert float(copy.std()) == pytest.approx(1.53, abs=0.05)  # 1.5 and the rounding to whole levels
    assert np.array_equal(copy, ceiling_copy(grey, 5))
    assert not np.array_equal(copy, ceiling_copy(grey, 6))
