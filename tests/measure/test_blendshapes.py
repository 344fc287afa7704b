"""Blendshapes as a second source of curves: MediaPipe's own result types, files that are none, figures by name.

The landmarker's file is not part of the repository, so no test looks at a face with it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.errors import ModelMissing
from pipeline.measure.acting import Acting
from pipeline.measure.aids import NO_FACE_MODEL
from pipeline.measure.blendshapes import SHAPES, middle_weights
from pipeline.measure.closeup import CLOSEUP_SIZE
from pipeline.measure.meters import Performance
from pipeline.people.blendshapes import BLENDSHAPES, FaceShapes, ShapedFace, shaped_faces

JAW, SMILE = BLENDSHAPES.index("jawOpen"), BLENDSHAPES.index("mouthSmileLeft")


def test_the_names_are_those_of_mediapipes_own_list_in_its_order() -> None:
    from mediapipe.tasks.python.vision.face_landmarker import Blendshapes

    assert len(BLENDSHAPES) == 52
    ours = [name.lower().lstrip("_") for name in BLENDSHAPES]
    assert ours == [shape.name.replace("_", "").lower() for shape in Blendshapes]


def test_a_result_of_the_landmarker_becomes_points_in_pixels_and_weights_by_name() -> None:
    from mediapipe.tasks.python.components.containers.category import Category
    from mediapipe.tasks.python.components.containers.landmark import NormalizedLandmark

    marks = [NormalizedLandmark(x=0.5, y=0.25, z=0.1)] * 478
    shapes = [Category(3, 0.7, category_name="jawOpen"), Category(9, 0.2, category_name="mouthSmileLeft")]
    (face,) = shaped_faces(SimpleNamespace(face_landmarks=[marks], face_blendshapes=[shapes]), 200, 100)
    assert face.points[5] == pytest.approx([100, 25, 20])
    assert (face.weights[JAW], face.weights[SMILE]) == (0.7, 0.2)
    assert face.weights.sum() == pytest.approx(0.9)


def test_the_face_in_the_middle_of_the_closeup_is_read() -> None:
    middle, corner = (np.full((478, 3), share * CLOSEUP_SIZE, np.float32) for share in (0.52, 0.9))
    ours, theirs = (np.full(52, value) for value in (0.6, 0.1))
    assert middle_weights([ShapedFace(corner, theirs), ShapedFace(middle, ours)])[JAW] == 0.6
    assert np.isnan(middle_weights([ShapedFace(corner, theirs)])).all()
    assert np.isnan(middle_weights([])).all()


def test_only_shapes_that_move_have_figures() -> None:
    acting = Acting(SHAPES)
    for frame in range(40):
        plate = np.zeros(52)
        plate[JAW], plate[SMILE] = 0.3 + 0.3 * np.sin(frame / 3), 0.01 * np.sin(frame)
        render = plate.copy()
        render[JAW] *= 0.5
        acting.add(frame, 0, np.stack([plate, render, plate]))
    figures = Performance.of((), acting.people())
    (jaw,) = figures.shapes
    assert (jaw.name, figures.shapes_reason) == ("jawOpen", "")
    assert jaw.timing.value == pytest.approx(1)
    assert jaw.strength.value == pytest.approx(0.5)


def test_without_the_file_there_are_no_shapes_and_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    assert (Performance.of(()).shapes, Performance.of(()).shapes_reason) == ((), NO_FACE_MODEL)
    broken = tmp_path / "face_landmarker.task"
    broken.write_bytes(b"not a model")
    for path in (broken, tmp_path / "missing.task"):
        with pytest.raises(ModelMissing, match=path.name):
            FaceShapes(path)
