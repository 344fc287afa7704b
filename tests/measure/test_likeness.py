"""Likeness with real networks that have the interfaces of YuNet and SFace, and its arithmetic; and without any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import FootageError, ModelMissing, PhotoplayError
from pipeline.frames import Box, Picture
from pipeline.measure.aids import NO_FACE_MODEL, FaceModels
from pipeline.measure.descriptions import FaceReader
from pipeline.measure.likeness import NO_CHARACTER, NOBODY, FaceLikeness, LikenessMeter
from pipeline.measure.still import likeness_of
from tests.measure.onnx_files import bright_spot_finder, colour_describer

FACE = Box(110, 70, 60, 60)
COLOURS = {"pale": (255, 240, 230), "red": (255, 160, 160), "blue": (170, 180, 255)}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> FaceModels:
    folder = tmp_path_factory.mktemp("faces")
    return FaceModels(bright_spot_finder(folder / "yunet.onnx"), colour_describer(folder / "sface.onnx"))


def picture(colour: str | None, face: Box = FACE) -> Picture:
    """A round face in one colour on black, brightest in its middle; None: nobody."""
    if colour is None:
        return np.zeros((200, 280, 3), np.uint8)
    rows, columns = np.mgrid[:200, :280]
    away = np.hypot(columns - face.x - face.width / 2, rows - face.y - face.height / 2) / face.width
    return np.rint(np.clip(1 - away**2, 0, 1)[..., None] * COLOURS[colour]).astype(np.uint8)


def likeness(models: FaceModels, renders: Sequence[str | None], character: Sequence[Path] = ()) -> FaceLikeness:
    """Of a pale plate, so rendered, with the plate as its own ceiling copy."""
    meter = LikenessMeter(models, character)
    for frame, colour in enumerate(renders, 30):
        meter.step(frame, 1, (picture("pale"), picture(colour), picture("pale")), FACE)
    return meter.likeness()


def apart(models: FaceModels, one: str, other: str) -> float:
    """The cosine distance of two colours, from the descriptions themselves."""
    assert models.detector is not None and models.recogniser is not None
    reader = FaceReader(models.detector, models.recogniser)
    return 1 - float(reader.describe(picture(one), FACE) @ reader.describe(picture(other), FACE))


def test_the_plate_itself_is_the_same_person_all_along(models: FaceModels) -> None:
    same = likeness(models, ["pale"] * 4)
    assert same.steady.value == pytest.approx(0, abs=1e-5)
    assert same.to_plate.value == pytest.approx(0, abs=1e-5)
    assert same.coverage == 1
    assert [point[:2] for point in same.curve] == [(30, 1), (31, 1), (32, 1), (33, 1)]


def test_another_face_is_far_from_the_plate_and_steady(models: FaceModels) -> None:
    red = likeness(models, ["red"] * 4)
    assert apart(models, "pale", "red") > 0.01
    assert red.to_plate.value == pytest.approx(apart(models, "pale", "red"), rel=1e-3)
    assert red.to_plate.ceiling == pytest.approx(0, abs=1e-5)
    assert red.steady.value == pytest.approx(0, abs=1e-5)


def test_one_frame_alone_says_how_like_the_plate_it_is(models: FaceModels) -> None:
    plate = picture("pale")
    assert likeness_of(plate, plate, FACE, models) == pytest.approx(0, abs=1e-5)
    assert likeness_of(plate, picture("red"), FACE, models) == pytest.approx(apart(models, "pale", "red"), rel=1e-3)
    assert likeness_of(plate, picture(None), FACE, models) is None
    assert likeness_of(plate, plate, FACE, FaceModels()) is None, "absent, never 0"


def test_a_face_that_changes_drifts_where_it_changes(models: FaceModels) -> None:
    drifting = likeness(models, ["pale", "pale", "pale", "red"])
    assert drifting.steady.value is not None and drifting.steady.value > 0.002
    assert drifting.plate == pytest.approx(0, abs=1e-5)
    distances = [point[2] for point in drifting.curve]
    assert max(distances) == distances[3]


def test_the_distance_to_the_character_is_that_to_its_pictures(models: FaceModels, tmp_path: Path) -> None:
    path = tmp_path / "character.png"
    square = picture("blue", FACE)[20:180, 60:220]
    cv2.imwrite(str(path), square[..., ::-1])
    found = likeness(models, ["red"] * 3, [path])
    assert found.to_character.value == pytest.approx(apart(models, "red", "blue"), rel=0.02)
    assert found.to_character.ceiling == pytest.approx(apart(models, "pale", "blue"), rel=0.02)
    assert likeness(models, ["red"]).to_character.reason == NO_CHARACTER


def test_faces_that_the_render_has_lost_lower_the_coverage(models: FaceModels) -> None:
    found = likeness(models, ["pale", None, "pale", None])
    assert found.coverage == 0.5
    assert [point[0] for point in found.curve] == [30, 32]
    gone = likeness(models, [None, None])
    assert (gone.steady.value, gone.steady.reason) == (None, "no face in the render")


def test_somebody_at_the_edge_of_the_closeup_is_not_described(models: FaceModels) -> None:
    assert models.detector is not None and models.recogniser is not None
    reader = FaceReader(models.detector, models.recogniser)
    assert np.isfinite(reader.describe(picture("pale"), FACE)).all()
    beside = Box(FACE.x + 60, FACE.y + 60, FACE.width, FACE.height)
    assert np.isnan(reader.describe(picture("pale"), beside)).all()


def test_without_models_without_people_and_without_pictures_there_are_reasons(models: FaceModels) -> None:
    for missing in (FaceModels(), FaceModels(detector=models.detector), FaceModels(recogniser=models.recogniser)):
        figures = likeness(missing, ["pale"])
        assert (figures.steady.value, figures.steady.reason) == (None, NO_FACE_MODEL)
    assert LikenessMeter(models, ()).likeness().to_plate.reason == NOBODY


def test_files_that_are_no_models_or_pictures_are_named(models: FaceModels, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(ModelMissing, match=r"broken\.onnx"):
        LikenessMeter(FaceModels(models.detector, broken), ())
    with pytest.raises(FootageError, match=r"broken\.onnx cannot be read as a picture"):
        LikenessMeter(models, [broken])
    nobody = tmp_path / "nobody.png"
    cv2.imwrite(str(nobody), picture(None))
    with pytest.raises(PhotoplayError, match="No face is found"):
        LikenessMeter(models, [nobody])
