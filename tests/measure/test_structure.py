"""Structure against drawings whose edges are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.measure.motion import Plane
from pipeline.measure.regions import RegionFigures, parts_of, region_figures
from pipeline.measure.structure import NOTHING, PARTS, structure, structure_step

SIZE = (180, 320)


def drawing(shift: int = 0, heads: int = 2) -> Plane:
    """Bright heads on dark shoulders before a wall with a window, `shift` pixels to the right."""
    picture = np.full(SIZE, 60, np.float32)
    cv2.rectangle(picture, (20 + shift, 15), (90 + shift, 100), (150.0,), -1)
    for head in range(heads):
        x = 130 + 110 * head + shift
        cv2.rectangle(picture, (x - 35, 120), (x + 35, 200), (25.0,), -1)
        cv2.circle(picture, (x, 90), 28, (190.0,), -1)
    return picture.astype(np.float32)


def compared(plate: Plane, render: Plane) -> RegionFigures:
    steps = [structure_step((plate, render, plate), parts_of(np.zeros(SIZE, np.uint8), ()))]
    return region_figures("whole frame", steps, structure, PARTS, NOTHING)


def kept(plate: Plane, render: Plane) -> float:
    value = compared(plate, render).figure.value
    assert value is not None
    return value


def grain(level: float) -> Plane:
    return (level * np.random.default_rng(1).standard_normal(SIZE)).astype(np.float32)


def test_the_same_edges_are_kept_whole() -> None:
    figures = compared(drawing(), drawing())
    assert [figures.figure.value, *(part.value for part in figures.parts.values())] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 60), (1.15, -10), (-1, 255)])
def test_another_grade_keeps_every_edge(gain: float, offset: float) -> None:
    """Also a negative: an edge is an edge, whichever side is brighter."""
    assert kept(drawing(), gain * drawing() + offset) > 0.995


def test_grain_hardly_counts() -> None:
    assert kept(drawing(), drawing() + grain(1.5)) > 0.99


@pytest.mark.parametrize(("shift", "least", "most"), [(1, 0.9, 0.99), (3, 0.5, 0.88), (14, -0.2, 0.35)])
def test_edges_that_move_away_are_lost(shift: int, least: float, most: float) -> None:
    assert least < kept(drawing(), drawing(shift)) < most


def test_a_lost_silhouette_is_lost_and_an_added_one_is_added() -> None:
    lost, added = compared(drawing(), drawing(heads=1)), compared(drawing(heads=1), drawing())
    found, precise = PARTS
    assert (lost.parts[found].value or 0) < 0.8
    assert (lost.parts[precise].value or 0) > 0.97
    assert (added.parts[found].value or 0) > 0.97
    assert (added.parts[precise].value or 0) < 0.8
    for figures in (lost, added):
        assert figures.figure.value is not None and figures.figure.value < 0.9


def test_an_unrelated_picture_keeps_nothing() -> None:
    texture = 60 * cv2.GaussianBlur(grain(10), (0, 0), 3).astype(np.float32) + 128
    assert abs(kept(drawing(), texture)) < 0.15


def test_a_blurred_picture_loses_and_an_empty_one_has_nothing() -> None:
    soft = cv2.GaussianBlur(drawing(), (0, 0), 12).astype(np.float32)
    assert kept(drawing(), soft) < 0.8
    empty = compared(drawing(), np.full(SIZE, 90, np.float32))
    assert empty.figure.value == pytest.approx(0, abs=1e-6)


def test_a_flat_plate_has_words() -> None:
    figures = compared(np.full(SIZE, 90, np.float32), drawing())
    assert (figures.figure.value, figures.figure.reason, figures.coverage) == (None, NOTHING, 0)
