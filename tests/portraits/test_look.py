"""What is found out about a picture, on a face of the sample shot and on pictures whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.frames import Picture
from pipeline.portraits.facts import FaceFacts
from pipeline.portraits.look import (
    ALIKE,
    apart,
    crop_around,
    face_facts,
    face_part,
    fingerprint,
    sharpness,
    without_bars,
)
from pipeline.portraits.review import BLURRED
from tests.portraits.conftest import face_of


@pytest.fixture(scope="module")
def facts(still: Picture) -> FaceFacts:
    return face_facts(still, face_of(still))


def test_a_mirrored_face_is_turned_and_lit_the_other_way(still: Picture, facts: FaceFacts) -> None:
    mirrored = np.ascontiguousarray(still[:, ::-1])
    other = face_facts(mirrored, face_of(mirrored))
    assert other.yaw == pytest.approx(-facts.yaw, abs=4) and other.roll == pytest.approx(-facts.roll, abs=3)
    assert other.gaze == pytest.approx(-facts.gaze, abs=0.05)
    assert other.light == pytest.approx(-facts.light, abs=0.05)
    assert (other.smile, other.mouth) == pytest.approx((facts.smile, facts.mouth), abs=0.1)


def test_the_side_the_light_falls_on(still: Picture) -> None:
    ramp = np.linspace(1.6, 0.2, still.shape[1])[:, None]
    face = face_of(still)
    middle = face.box.x + face.box.width // 2
    ramp = np.where(np.arange(still.shape[1]) < middle, 1.0, 0.5)[:, None]
    lit = (still * ramp).astype(np.uint8)
    assert face_facts(lit, face).light > face_facts(still, face).light + 0.2


def test_a_blurred_face_is_told_from_a_sharp_one(still: Picture, facts: FaceFacts) -> None:
    blurred = cv2.GaussianBlur(still, (0, 0), 3).astype(np.uint8)
    dark = (still * 0.4).astype(np.uint8)
    assert sharpness(face_part(blurred, facts)) < BLURRED < sharpness(face_part(dark, facts))


def test_versions_of_a_picture_have_one_fingerprint(still: Picture) -> None:
    own = fingerprint(still)
    small = cv2.resize(still, (320, 180), interpolation=cv2.INTER_AREA)
    bright = np.clip(still.astype(np.int16) + 20, 0, 255).astype(np.uint8)
    assert apart(own, fingerprint(small.astype(np.uint8))) <= ALIKE
    assert apart(own, fingerprint(bright)) <= ALIKE
    assert apart(own, fingerprint(np.ascontiguousarray(still[:, ::-1]))) > ALIKE


def test_black_bars_are_found_and_dark_pictures_kept_whole(still: Picture) -> None:
    height, width = still.shape[:2]
    boxed = still.copy()
    boxed[:40] = boxed[-30:] = 12
    assert without_bars(boxed) == (0, 40, width, height - 70)
    assert without_bars(still) == (0, 0, width, height)
    assert without_bars(np.zeros_like(still)) == (0, 0, width, height)


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        (None, (0, 40, 1280, 640)),
        ((600, 200, 100, 120), (0, 40, 1280, 640)),
        ((600, 200, 40, 50), (320, 125, 600, 300)),
        ((10, 600, 40, 50), (0, 380, 600, 300)),
    ],
)
def test_the_crop_goes_to_a_small_face_and_stays_inside(
    face: tuple[int, int, int, int] | None, expected: tuple[int, int, int, int]
) -> None:
    assert crop_around(face, (0, 40, 1280, 640)) == expected
