"""Signs of a face: whether turning the head leaves them alone, and whether they move when the face does."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.measure.expression import (
    BLINKS,
    EYE_CORNERS,
    GAZE,
    INNER_BROWS,
    INNER_LIPS,
    IRISES,
    NAMES,
    SHUT_BELOW,
    UPPER_LIDS,
    curves_of,
    signs_of,
)
from pipeline.measure.upright import RIGID_FACE, RIGID_POINTS, upright
from pipeline.people.landmarks import FacePoints

SIZE = 120.0
"""Outer eye distance of the drawn face, in pixels."""
MOUTH, SMILE, OPENNESS, BROW, LEFT, RIGHT, LOOK = range(7)


def drawn_face() -> FacePoints:
    """Rigid points in place, lips 0.1 apart, lids 0.04 over the eyes' corners, eyes looking ahead, brows 0.25 above."""
    face = np.random.default_rng(3).normal(0, 0.3, (478, 3))
    face[list(RIGID_POINTS)] = RIGID_FACE
    for upper, lower in INNER_LIPS:
        face[upper], face[lower] = (0, 0.70, -0.3), (0, 0.80, -0.3)
    face[61], face[291] = (-0.3, 0.75, -0.2), (0.3, 0.75, -0.2)
    for corners, lid in zip(EYE_CORNERS, UPPER_LIDS, strict=True):
        face[list(lid)] = face[list(corners)].mean(axis=0) - (0, 0.04, 0)
    face[list(INNER_BROWS), 1] = -0.322
    for iris, corners in zip(IRISES, EYE_CORNERS, strict=True):
        face[iris] = face[list(corners)].mean(axis=0)
    return (face * SIZE).astype(np.float32)


def turned(points: FacePoints, yaw: float, pitch: float, roll: float) -> FacePoints:
    """The face turned about all three axes (radians), moved and enlarged."""
    turn: NDArray[np.float64] = np.eye(3)
    for (one, other), angle in (((0, 2), yaw), ((1, 2), pitch), ((0, 1), roll)):
        step = np.eye(3)
        step[one, one] = step[other, other] = np.cos(angle)
        step[one, other], step[other, one] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    return (1.7 * points @ turn.T + (300, 200, 12)).astype(np.float32)


def test_signs_are_what_the_definitions_say() -> None:
    signs = signs_of(drawn_face())
    width = np.linalg.norm(RIGID_FACE[0] - RIGID_FACE[1])
    away = 2 * np.linalg.norm(np.array([-0.3, 0.75, -0.2]) - RIGID_FACE[RIGID_POINTS.index(234)])
    lid = 0.04 / width + SHUT_BELOW
    assert signs == pytest.approx([0.1, 0.6 - away, lid, -0.072 + 0.322, lid, lid, 0], abs=1e-4)


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0.7, 0, 0), (0, -0.5, 0), (0, 0, 2.5), (-0.6, 0.4, -0.3)])
def test_turning_the_head_changes_no_sign(yaw: float, pitch: float, roll: float) -> None:
    face = drawn_face()
    assert signs_of(turned(face, yaw, pitch, roll)) == pytest.approx(signs_of(face), abs=1e-4)


def test_upright_does_not_mirror() -> None:
    face = drawn_face()
    assert upright(turned(face, 0.4, 0.3, 0.2)) == pytest.approx(face / SIZE, abs=1e-4)


def test_each_sign_follows_its_own_feature() -> None:
    rest = signs_of(drawn_face())
    smiling, raised = drawn_face(), drawn_face()
    smiling[[61, 291], 1] -= 0.1 * SIZE
    raised[list(INNER_BROWS), 1] -= 0.05 * SIZE
    moved = signs_of(smiling) - rest
    assert moved[SMILE] > 0.2 + 0.1, "twice the lift, and nearer to the ears"
    assert np.delete(moved, SMILE) == pytest.approx(np.zeros(6), abs=1e-4)
    assert signs_of(raised) - rest == pytest.approx([0, 0, 0, 0.05, 0, 0, 0], abs=1e-4)


def test_one_shut_eye_shows_in_that_eye_and_by_half_in_both() -> None:
    rest, face = signs_of(drawn_face()), drawn_face()
    width = np.linalg.norm(RIGID_FACE[2] - RIGID_FACE[3])
    face[list(UPPER_LIDS[1]), 1] += (0.04 + SHUT_BELOW * width) * SIZE
    assert signs_of(face)[[OPENNESS, LEFT, RIGHT]] == pytest.approx(rest[LEFT] * np.array([0.5, 0, 1]), abs=1e-4)


def test_looking_to_the_characters_left_is_positive() -> None:
    face = drawn_face()
    for iris, (right, left) in zip(IRISES, EYE_CORNERS, strict=True):
        face[iris] += 0.2 * (face[left] - face[right])
    assert signs_of(face)[LOOK] == pytest.approx(0.2, abs=1e-4)
    assert signs_of(turned(face, 0.5, 0.2, 1.0))[LOOK] == pytest.approx(0.2, abs=1e-4)


def test_blink_counts_from_rest_and_wide_eyes_are_no_blink() -> None:
    signs = np.zeros((9, len(NAMES)))
    signs[:, BLINKS] = np.array([0.3, 0.3, 0.15, 0.03, 0.3, 0.3, 0.45, 0.3, 0.3])[:, None]
    curves = curves_of(signs)
    for eyes in BLINKS:
        assert curves[:, eyes] == pytest.approx([0, 0, 0.5, 0.9, 0, 0, 0, 0, 0])
    assert np.isnan(curves[:, GAZE]).tolist() == [False, False, True, True, *[False] * 5]
