"""Control pictures: right size, right place, the official drawing, and black where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from pipeline.frames import Box, Picture
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh
from pipeline.prepare.controls import Annotator
from pipeline.prepare.drawing import draw_faces
from pipeline.recipe.passes import ControlKind
from tests.people import pictures

KINDS: tuple[ControlKind, ...] = ("canny", "openpose", "mediapipe_face")
LINES = {
    "right eye": (180, 200, 10),
    "right brow": (180, 220, 10),
    "left eye": (10, 200, 180),
    "left brow": (10, 220, 180),
    "mouth": (10, 180, 10),
    "oval": (10, 200, 10),
    "right pupil": (250, 200, 10),
    "left pupil": (10, 200, 250),
}
"""The annotator's colours in RGB."""


@pytest.fixture(scope="module")
def annotator() -> Iterator[Annotator]:
    with Annotator() as opened:
        yield opened


def drawn(hint: Picture) -> Box:
    """The bounding box of what is drawn."""
    return Box(*cv2.boundingRect(hint.any(axis=2).astype(np.uint8)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(448, 256), (192, 320)])
def test_hints_have_the_size_the_model_works_at(annotator: Annotator, kind: ControlKind, size: tuple[int, int]) -> None:
    hint = annotator.hint(kind, pictures.frame(pictures.MEDIUM), size)
    assert hint.shape == (size[1], size[0], 3) and hint.dtype == np.uint8
    assert hint.any() and hint.flags.c_contiguous


@pytest.mark.parametrize("kind", KINDS)
def test_hints_of_nothing_are_black(annotator: Annotator, kind: ControlKind) -> None:
    assert not annotator.hint(kind, np.full((360, 640, 3), 128, np.uint8), (448, 256)).any()


@pytest.mark.parametrize("kind", ["mediapipe_face", "openpose"])
def test_nobody_is_drawn_in_noise(annotator: Annotator, kind: ControlKind) -> None:
    assert not annotator.hint(kind, pictures.noise(), (448, 256)).any()


def test_canny_is_that_of_the_annotator(annotator: Annotator) -> None:
    from controlnet_aux.canny import CannyDetector

    picture = cv2.resize(pictures.frame(pictures.CLOSE_UP), (512, 512), interpolation=cv2.INTER_AREA).astype(np.uint8)
    hint = annotator.hint("canny", picture, (512, 512))
    official = np.asarray(CannyDetector()(picture, detect_resolution=512, image_resolution=512))
    assert np.array_equal(hint, official)
    assert set(np.unique(hint)) == {0, 255} and (hint[:, :, 0] == hint[:, :, 2]).all()


def test_faces_are_drawn_as_the_annotator_draws_them() -> None:
    from controlnet_aux.mediapipe_face.mediapipe_face_common import generate_annotation

    picture = pictures.frame(pictures.CLOSE_UP)
    with FaceMesh() as mesh:
        ours = draw_faces(mesh.find(picture), 640, 360)
    assert np.array_equal(ours, generate_annotation(picture, 5, 0.5))


def test_a_face_has_every_colour_and_lies_where_the_face_is(annotator: Annotator) -> None:
    hint = annotator.hint("mediapipe_face", pictures.frame(pictures.CLOSE_UP), (640, 360))
    assert {tuple(colour) for colour in np.unique(hint.reshape(-1, 3), axis=0)} == {*LINES.values(), (0, 0, 0)}
    assert pictures.agreement(drawn(hint), pictures.true_box(pictures.CLOSE_UP)) > 0.6


def test_a_hint_at_another_size_shows_the_face_in_the_same_place(annotator: Annotator) -> None:
    frame = pictures.frame(pictures.CLOSE_UP)
    one, half = (drawn(annotator.hint("mediapipe_face", frame, size)) for size in ((640, 360), (320, 180)))
    doubled = Box(half.x * 2, half.y * 2, half.width * 2, half.height * 2)
    assert pictures.agreement(one, doubled) > 0.95


def test_a_face_too_small_for_the_annotator_is_drawn_with_its_features_apart(annotator: Annotator) -> None:
    from controlnet_aux.mediapipe_face.mediapipe_face_common import generate_annotation

    scale = 41 / pictures.true_box(pictures.MEDIUM).width
    picture = pictures.small(pictures.frame(pictures.MEDIUM), scale)
    assert not generate_annotation(picture, 5, 0.5).any()
    hint = annotator.hint("mediapipe_face", picture, (1280, 720))
    assert pictures.agreement(drawn(hint), pictures.small_box(pictures.MEDIUM, scale)) > 0.6
    red, green, blue = (hint[:, :, channel].astype(int) for channel in range(3))
    yellow, cyan, plain = (
        (red > 80) & (blue < red / 2),
        (blue > 80) & (red < blue / 2),
        (green > 80) & (red < 30) & (blue < 30),
    )
    right_eye, left_eye = np.nonzero(yellow)[1], np.nonzero(cyan)[1]
    assert right_eye.max() < left_eye.min(), "her right eye is on the left of the picture"
    assert plain.any()


@pytest.mark.parametrize("kind", ["mediapipe_face", "openpose"])
def test_both_people_are_drawn(annotator: Annotator, kind: ControlKind) -> None:
    hint = annotator.hint(kind, pictures.pair(), (800, 360))
    assert hint[:, :400].any() and hint[:, 400:].any()


def test_a_face_in_an_upright_crop_is_drawn_large(annotator: Annotator) -> None:
    crop = pictures.true_box(pictures.MEDIUM).grown(32).clipped(640, 360).cut(pictures.frame(pictures.MEDIUM))
    box = drawn(annotator.hint("mediapipe_face", crop, (256, 256)))
    assert 90 < box.width < 180 and 120 < box.height < 230


@pytest.mark.parametrize("kind", ["mediapipe_face", "openpose"])
def test_faces_that_are_known_are_not_looked_for(annotator: Annotator, kind: ControlKind) -> None:
    """The landmarks, moved to the size of the hint, give the hint that the annotator makes by itself."""
    frame = pictures.frame(pictures.MEDIUM)
    with FaceFinder() as finder:
        (face,) = finder.find(frame, 10)
    known = annotator.hint(kind, frame, (448, 252), [face.points * np.float32(0.7)])
    assert np.array_equal(known, annotator.hint(kind, frame, (448, 252)))
    if kind == "mediapipe_face":
        assert not annotator.hint(kind, frame, (448, 252), []).any()


def test_hints_depend_on_nothing_but_the_picture(annotator: Annotator) -> None:
    frames = [pictures.frame(pictures.MEDIUM), pictures.pair(), pictures.frame(pictures.CLOSE_UP)]
    before = [annotator.hint(kind, frame, (448, 256)) for frame in frames for kind in KINDS]
    with Annotator() as fresh:
        after = [fresh.hint(kind, frame, (448, 256)) for frame in frames[::-1] for kind in KINDS[::-1]][::-1]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
