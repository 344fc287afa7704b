from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.errors import FootageError
from pipeline.filters.deband import debanded
from pipeline.filters.detail import OVERSHOOT, clarified, sharpened
from pipeline.filters.film import darkened, glowing, grained
from pipeline.filters.grade import grade_of, matched
from pipeline.filters.stream import Stream
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Clarity, Deband, GradeMatch, Grain, Halation, Sharpen, Vignette
from tests.filters.clips import SIZE, scene_of, stream_of, texture


def only(stream: Stream) -> FloatPicture:
    return next(stream).pixels


def test_steps_of_a_gradient_become_a_slope() -> None:
    slope = np.linspace(0.2, 0.4, 640, dtype=np.float32)[None, :, None].repeat(64, 0).repeat(3, 2)
    stepped = np.round(slope * 255 / 4) * 4 / 255
    made = only(debanded(stream_of([stepped]), Deband(threshold=5, radius=48)))
    inner = slice(50, -50)
    errors = [np.abs(p[:, inner] - slope[:, inner]).mean() for p in (stepped, made)]
    assert errors[1] < 0.76 * errors[0]
    assert len(np.unique(made)) > 4 * len(np.unique(stepped))


def test_edges_are_no_bands() -> None:
    picture = np.full((64, 64, 3), 0.2, np.float32)
    picture[:, 32:] = 0.8
    assert np.abs(only(debanded(stream_of([picture]), Deband())) - picture).max() < 1 / 65535


def test_sharpening_lifts_detail_and_rings_nowhere() -> None:
    picture = texture(soft=1.0)
    made = only(sharpened(stream_of([picture]), Sharpen(amount=1.0), scene_of([picture])))
    bright, was = (p @ np.array([0.2126, 0.7152, 0.0722], np.float32) for p in (made, picture))
    around = np.ones((3, 3), np.uint8)
    assert (bright <= cv2.dilate(was, around) + OVERSHOOT + 1e-5).all()
    assert (bright >= cv2.erode(was, around) - OVERSHOOT - 1e-5).all()
    assert cv2.Laplacian(bright, cv2.CV_32F).std() > 1.3 * cv2.Laplacian(was, cv2.CV_32F).std()


@pytest.mark.parametrize("work", [(clarified, Clarity(amount=1)), (sharpened, Sharpen(area="face", amount=1))])
def test_face_filters_leave_everything_else_alone(work: tuple) -> None:
    function, settings = work
    picture, face = texture(soft=1.0), np.zeros(SIZE, np.uint8)
    face[60:120, 100:160] = 255
    made = only(function(stream_of([picture]), settings, scene_of([picture], face)))
    changed = np.abs(made - picture).max(2)
    assert changed[60:120, 100:160].mean() > 0.005
    assert changed[:, 200:].max() == 0
    assert (only(function(stream_of([picture]), settings, scene_of([picture]))) == picture).all()


def test_clarity_lifts_features_and_not_edges() -> None:
    picture = np.full((200, 200, 3), 0.25, np.float32)
    picture[:, 100:] = 0.75
    picture[40:60, 40:60] += 0.05
    made = only(clarified(stream_of([picture]), Clarity(area="whole_frame", amount=1), scene_of([picture])))
    assert made[50, 50, 0] - made[50, 20, 0] > 0.06
    assert abs((made[150, 110, 0] - made[150, 90, 0]) - 0.5) < 0.06


def test_lights_glow_red_and_the_dark_does_not() -> None:
    picture = np.full((100, 100, 3), 0.1, np.float32)
    picture[48:52, 48:52] = 1
    made = only(glowing(stream_of([picture]), Halation(amount=1, radius=0.04))) - picture
    assert made[50, 45, 0] > 3 * made[50, 45, 1] > 0
    assert np.abs(made[:10]).max() < 1e-4
    dim = np.full((100, 100, 3), 0.5, np.float32)
    assert (only(glowing(stream_of([dim]), Halation())) == dim).all()


def test_corners_lose_what_was_asked_for() -> None:
    made = only(darkened(stream_of([np.ones((91, 161, 3), np.float32)]), Vignette(amount=0.4)))
    assert made[45, 80, 0] == pytest.approx(1)
    assert made[0, 0, 0] == pytest.approx(0.6, abs=0.02)
    assert (np.diff(made[45, 80:, 0]) < 0).all()


def test_grain_has_the_deviation_asked_for_and_no_mean() -> None:
    grey = np.full((200, 300, 3), 0.5, np.float32)
    for size in (0.5, 1.5, 3.0):
        grain = only(grained(stream_of([grey]), Grain(amount=6, size=size))) - grey
        assert grain.std() * 255 == pytest.approx(6, rel=0.1)
        assert abs(grain.mean()) * 255 < 0.3
    black = only(grained(stream_of([grey * 0]), Grain(amount=6)))
    assert black.std() < 0.3 * grain.std()


def test_grain_is_new_in_every_frame_and_the_same_every_time() -> None:
    grey = np.full((40, 60, 3), 0.5, np.float32)
    first, second = (m.pixels for m in grained(stream_of([grey, grey]), Grain()))
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] < 0.1
    assert (first == only(grained(stream_of([grey]), Grain()))).all()
    assert (first != only(grained(stream_of([grey]), Grain(seed=2)))).any()


def test_a_grade_is_matched_to_the_plate() -> None:
    plate = texture(soft=3.0)
    off = (plate * np.array([0.7, 0.9, 1.1], np.float32) * 0.8 + 0.1).astype(np.float32)
    made = only(matched(stream_of([off]), GradeMatch(), scene_of([plate])))
    for wanted, reached in zip(grade_of(plate), grade_of(made), strict=True):
        assert reached == pytest.approx(wanted, abs=2.0)


def test_a_grade_is_matched_to_a_still(tmp_path: Path) -> None:
    still, path = texture(4) * np.array([1, 0.8, 0.5], np.float32), tmp_path / "still.png"
    Image.fromarray((still * 255).astype(np.uint8)).save(path)
    made = only(matched(stream_of([texture(5)]), GradeMatch(still=str(path)), scene_of([texture(5)])))
    assert grade_of(made)[0] == pytest.approx(grade_of(still)[0], abs=3.0)


def test_a_still_that_is_no_picture_is_named(tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("Dear studio")
    with pytest.raises(FootageError, match=r"letter\.png"):
        only(matched(stream_of([texture()]), GradeMatch(still=str(letter)), scene_of([texture()])))
