"""One frame by itself: the plate is itself, a blurred one has lost detail, another expression is off."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.measure.still import detail_of, distance_of, measure_still


def test_the_plate_is_like_itself_and_another_moment_is_not(interview: Path) -> None:
    shot = probe(interview)
    speaking, silent = read_frame(shot, 44).pixels, read_frame(shot, 2).pixels
    same, other = measure_still(speaking, speaking), measure_still(speaking, silent)
    assert same.off == 0 and not same.lost and same.detail == pytest.approx(1)
    assert other.off is not None and other.off > 0.03
    assert same.distance == 0 and other.distance > 2
    assert same.likeness is None, "there is no face model here"


def test_light_that_moves_is_distance_and_grain_is_not(interview: Path) -> None:
    plate = read_frame(probe(interview), 44).pixels
    lighter = np.clip(plate.astype(int) + 20, 0, 255).astype(np.uint8)
    grainy = np.clip(plate + np.random.default_rng(1).normal(0, 6, plate.shape), 0, 255).astype(np.uint8)
    assert distance_of(plate, lighter) == pytest.approx(20, abs=1)
    assert distance_of(plate, grainy) < 1.5


def test_a_face_that_is_painted_over_is_lost(interview: Path) -> None:
    plate = read_frame(probe(interview), 44).pixels
    figures = measure_still(plate, np.full_like(plate, 128))
    assert figures.lost and figures.off is None and figures.detail == pytest.approx(0, abs=0.01)


def test_blur_loses_detail_and_grain_wins_none(interview: Path) -> None:
    plate = read_frame(probe(interview), 44).pixels
    blurred = cv2.GaussianBlur(plate, (0, 0), 2).astype(np.uint8)
    noise = np.random.default_rng(1).normal(0, 6, plate.shape)
    grainy = np.clip(blurred + noise, 0, 255).astype(np.uint8)
    kept, with_grain = detail_of(plate, blurred), detail_of(plate, grainy)
    assert kept is not None and with_grain is not None
    assert kept < 0.7 and with_grain == pytest.approx(kept, abs=0.03)


def test_a_flat_plate_has_no_detail_and_no_face() -> None:
    flat = np.full((120, 160, 3), 90, np.uint8)
    assert measure_still(flat, flat) == measure_still(flat, flat)
    assert measure_still(flat, flat).detail is None and measure_still(flat, flat).off is None
