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
from pipeline.frames import Box, FrameRange, Mask, Picture
from pipeline.measure.ceiling import ceiling_copy
from pipeline.measure.flicker import FlickerMeter, low_pass
from pipeline.measure.motion import Motion
from pipeline.measure.regions import REGIONS, Sums, parts_of
from pipeline.measure.steadiness import RegionFlicker, region_flicker

PLATE = Path(__file__).parents[2] / "samples" / "interview" / "plate.mp4"
FACE = Box(200, 40, 220, 240)
BODY = Box(120, 20, 400, 340)
"""Of a person whose face is FACE."""
Change = Callable[[int, Picture], Picture]


@pytest.fixture(scope="module")
def plate() -> list[Picture]:
    return [frame.pixels for frame in read_frames(probe(PLATE), FrameRange(20, 26))]


def brighter(picture: Picture, levels: int) -> Picture:
    return np.clip(picture.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def alternating(levels: int) -> Change:
    return lambda frame, picture: brighter(picture, levels if frame % 2 else -levels)


def people(picture: Picture) -> Mask:
    """255 where the person is."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    BODY.cut(mask)[:] = 255
    return mask


def sums(plate: Sequence[Picture], change: Change, faces: Sequence[Box] = (FACE,)) -> list[Sums | None]:
    """What the meter gives for each frame, for the plate, the changed plate and the plate as its own ceiling."""
    meter, motion = FlickerMeter(), Motion()
    parts = parts_of(people(plate[0]), faces)
    return [
        meter.step((picture, change(frame, picture), picture), motion.step(picture, cut=False), parts)
        for frame, picture in enumerate(plate)
    ]


def measured(plate: Sequence[Picture], change: Change) -> dict[str, RegionFlicker]:
    """The flicker of the changed plate, by region."""
    steps = sums(plate, change)
    assert steps[0] is None
    return {region: region_flicker(region, steps) for region in REGIONS}


def added(plate: Sequence[Picture], change: Change) -> dict[str, float]:
    return {region: flicker.added.value or 0.0 for region, flicker in measured(plate, change).items()}


def own(plate: Sequence[Picture]) -> float:
    level = measured(plate, lambda _, picture: picture)["whole frame"].plate
    assert level is not None
    return level


def test_the_plate_itself_adds_nothing(plate: list[Picture]) -> None:
    assert added(plate, lambda _, picture: picture) == dict.fromkeys(REGIONS, 0.0)


@pytest.mark.parametrize("levels", [1, 3, 8])
def test_alternating_brightness_is_measured_within_a_tenth(plate: list[Picture], levels: int) -> None:
    """Frames that are k levels too bright and too dark in turn change by 2k."""
    soft = [brighter((picture * 0.8).astype(np.uint8), 20) for picture in plate[:5]]
    figures = added(soft, alternating(levels))
    assert figures["whole frame"] == pytest.approx(2 * levels, rel=0.1)
    for region in REGIONS:
        assert figures[region] == pytest.approx(2 * levels, rel=0.1), region


def test_boiling_is_measured_within_a_tenth(plate: list[Picture]) -> None:
    """A soft pattern that is drawn anew for every frame changes by the root of two times its own level."""
    soft = [brighter((picture * 0.8).astype(np.uint8), 20) for picture in plate[:5]]
    noise = np.random.default_rng(9).standard_normal((len(soft), *soft[0].shape)).astype(np.float32)
    patterns = np.stack([cv2.GaussianBlur(one, (0, 0), 12) for one in noise])
    patterns *= 2 / patterns.std()
    through = [cv2.GaussianBlur(one, (0, 0), 3) for one in patterns]
    truth = np.sqrt(np.mean([np.square(b - a).mean() for a, b in pairwise(through)]))
    figures = added(soft, lambda frame, picture: np.rint(picture + patterns[frame]).clip(0, 255).astype(np.uint8))
    for region in REGIONS:
        assert figures[region] == pytest.approx(float(truth), rel=0.1), region


def test_the_plates_own_flicker_made_stronger_or_weaker_counts_by_the_difference(plate: list[Picture]) -> None:
    """Steadier than the plate is negative; the same flicker, a little stronger, is a little more."""
    soft = [brighter((picture * 0.7).astype(np.uint8), 20) for picture in plate[:5]]
    flickering = [alternating(4)(frame, picture) for frame, picture in enumerate(soft)]
    level = own(flickering)
    steady = added(flickering, lambda frame, _: soft[frame])["whole frame"]
    assert steady == pytest.approx(-8, rel=0.1)
    stronger = added(flickering, lambda frame, _: alternating(5)(frame, soft[frame]))["whole frame"]
    assert stronger == pytest.approx(2, rel=0.1)
    assert level == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize("region", REGIONS[1:])
def test_flicker_of_one_region_shows_in_that_region(plate: list[Picture], region: str) -> None:
    """Of the other regions only the borders see it, through the low-pass."""
    inside = parts_of(people(plate[0]), [FACE])[region] > 0

    def local(frame: int, picture: Picture) -> Picture:
        return np.where(inside[..., None], brighter(picture, 6 if frame % 2 else -6), picture)

    figures = added([brighter((picture * 0.8).astype(np.uint8), 20) for picture in plate[:5]], local)
    assert figures[region] == pytest.approx(12, rel=0.1)
    for other in set(REGIONS[1:]) - {region}:
        assert abs(figures[other]) < 0.25 * 12, other


@pytest.mark.parametrize("gain", [0.02, 0.06])
def test_a_gain_that_flickers_is_measured_within_a_tenth(plate: list[Picture], gain: float) -> None:
    """Light that is g stronger and weaker in turn changes each pixel by 2 g times its level."""
    soft = [(picture * 0.9).astype(np.uint8) for picture in plate[:5]]
    parts = parts_of(people(plate[0]), [FACE])

    def lit(frame: int, picture: Picture) -> Picture:
        return np.rint(picture * (1 + (gain if frame % 2 else -gain))).astype(np.uint8)

    figures = added(soft, lit)
    levels = np.stack([low_pass(picture) for picture in soft[1:]])
    for region, mask in parts.items():
        truth = 2 * gain * float(np.sqrt(np.square(levels[:, mask > 0]).mean()))
        assert figures[region] == pytest.approx(truth, rel=0.1), region


def test_the_ratio_is_in_multiples_of_the_plates_own_flicker(plate: list[Picture]) -> None:
    soft = [brighter((picture * 0.7).astype(np.uint8), 20) for picture in plate[:5]]
    flickering = [alternating(4)(frame, picture) for frame, picture in enumerate(soft)]
    figures = measured(flickering, lambda frame, _: alternating(6)(frame, soft[frame]))
    for region in REGIONS:
        assert figures[region].ratio.value == pytest.approx(1.5, rel=0.1), region
        assert figures[region].ratio.ceiling == pytest.approx(1), region
    frozen = measured([soft[0]] * 4, alternating(3))["body"]
    assert (frozen.ratio.value, frozen.ratio.reason) == (None, "the plate does not flicker there")


def test_pixels_that_were_not_seen_before_lower_the_share_of_pixels() -> None:
    """A wall that slides in from the left by a twentieth of the picture a frame."""
    noise = np.random.default_rng(8).standard_normal((200, 600, 3)).astype(np.float32)
    wall = np.clip(128 + 400 * cv2.GaussianBlur(noise, (0, 0), 5), 0, 255).astype(np.uint8)
    sliding = [np.ascontiguousarray(wall[:, 250 - 12 * step : 490 - 12 * step]) for step in range(4)]
    meter, motion = FlickerMeter(), Motion()
    parts = parts_of(np.zeros(sliding[0].shape[:2], np.uint8), ())
    steps = [meter.step((p,) * 3, motion.step(p, cut=False), parts) for p in sliding]
    figures = region_flicker("background", steps)
    assert figures.pixels == pytest.approx(0.95, abs=0.02)
    assert figures.coverage == 0.75


def test_grain_hardly_counts_and_movement_does_not_count(plate: list[Picture]) -> None:
    texture = low_pass(np.random.default_rng(2).integers(0, 256, (200, 400, 3)).astype(np.uint8))
    texture = np.clip((texture - 128) * 6 + 128, 0, 255).astype(np.uint8)
    moving = [np.ascontiguousarray(texture[:, 4 * step : 4 * step + 320]) for step in range(8)]
    still = np.sqrt(np.mean([np.square(low_pass(b) - low_pass(a)).mean() for a, b in pairwise(moving)]))
    assert own(moving) < 0.1 * still
    assert added(plate, lambda frame, picture: ceiling_copy(picture, frame))["whole frame"] < 0.25


def test_what_is_uncovered_does_not_count() -> None:
    """A bright square moves over a dark texture: the ground that it uncovers was not seen before."""
    ground = cv2.GaussianBlur(np.random.default_rng(4).integers(20, 80, (180, 320, 3)).astype(np.uint8), (0, 0), 2)
    square = cv2.GaussianBlur(np.random.default_rng(5).integers(120, 255, (60, 60, 3)).astype(np.uint8), (0, 0), 1)
    frames = []
    for step in range(6):
        picture = ground.copy()
        picture[60:120, 40 + 8 * step : 100 + 8 * step] = square
        frames.append(picture.astype(np.uint8))
    still = np.sqrt(np.mean([np.square(low_pass(b) - low_pass(a)).mean() for a, b in pairwise(frames)]))
    assert own(frames) < 0.3 * still


def test_cuts_and_missing_faces_are_left_out(plate: list[Picture]) -> None:
    motion, meter = Motion(), FlickerMeter()
    nobody = parts_of(np.zeros(plate[0].shape[:2], np.uint8), ())
    cuts = (False, True, False)
    steps = [meter.step((p,) * 3, motion.step(p, cut), nobody) for p, cut in zip(plate, cuts, strict=False)]
    assert steps[:2] == [None, None]
    face, whole, background = (region_flicker(region, steps) for region in ("face", "whole frame", "background"))
    assert (face.added.value, face.added.reason) == (None, "nothing to compare")
    assert (face.curve, face.coverage) == ((None, None, None), 0)
    assert whole.plate == background.plate
    assert whole.coverage == pytest.approx(1 / 3)


def test_the_same_frames_give_the_same_numbers(plate: list[Picture]) -> None:
    assert measured(plate[:4], alternating(2)) == measured(plate[:4], alternating(2))


def test_the_ceiling_copy_has_gain_and_grain_and_a_seed() -> None:
    grey = np.full((200, 200, 3), 100, np.uint8)
    copy = ceiling_copy(grey, 5)
    assert float(copy.mean()) == pytest.approx(103, abs=0.05)
    assert float(copy.std()) == pytest.approx(1.53, abs=0.05)  # 1.5 and the rounding to whole levels
    assert np.array_equal(copy, ceiling_copy(grey, 5))
    assert not np.array_equal(copy, ceiling_copy(grey, 6))
