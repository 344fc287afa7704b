"""Measuring one frame by itself: what a single picture can say of the acting and the detail that a pass has kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.frames import Box, Picture
from pipeline.measure.aids import FaceModels
from pipeline.measure.closeup import look
from pipeline.measure.descriptions import FaceReader
from pipeline.measure.detail import DetailMeter, detail
from pipeline.measure.distance import distance, distance_step
from pipeline.measure.expression import CURVES
from pipeline.measure.luma import luma_of
from pipeline.measure.regions import WHOLE
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh

NO_MODELS = FaceModels()


@dataclass(frozen=True)
class StillFigures:
    """What is measured of one frame.

    off: how far the largest face's mouth, smile, eyes and brows are from the plate's, the mean of the four, in eye
    distances (eyes: in eye widths); 0 is the same. None where there is no face. lost: the plate has a face and the
    result has none. detail: the part of the plate's fine structure that is kept, 1 = all of it; None for a flat plate.
    distance: how far the picture has moved from the engine look, in levels of 255 (`distance`). likeness: cosine
    distance of that face to the plate's, 0 = the same (`likeness`); None without a face or without face models.
    """

    off: float | None
    lost: bool
    detail: float | None
    distance: float
    likeness: float | None = None


def measure_still(plate: Picture, result: Picture, models: FaceModels = NO_MODELS, smallest: int = 30) -> StillFigures:
    """Compare a finished frame with its plate, both uint8 RGB of one size. smallest: least face, in plate pixels.

    models: the face models at hand; likeness needs detector and recogniser. Whether timing and strength of the acting
    are kept takes many frames (`report.measure`); this is the quick look. Raises ModelMissing for a file that is no
    face model.
    """
    kept, moved = detail_of(plate, result), distance_of(plate, result)
    with FaceFinder() as finder, FaceMesh() as mesh:
        faces = finder.find(plate, smallest)
        if not faces:
            return StillFigures(None, False, kept, moved)
        box = faces[0].box
        signs = [look(picture, box, mesh)[: len(CURVES)] for picture in (plate, result)]
    apart, lost = float(np.abs(signs[1] - signs[0]).mean()), bool(np.isnan(signs[1]).any())
    like = likeness_of(plate, result, box, models)
    return StillFigures(apart if np.isfinite(apart) else None, lost, kept, moved, like)


def likeness_of(plate: Picture, result: Picture, box: Box, models: FaceModels) -> float | None:
    """How far the face in a box of the result is from the plate's: 1 - cos, 0 = the same.

    None where either shows no face, or without the models. Raises ModelMissing.
    """
    if models.detector is None or models.recogniser is None:
        return None
    reader = FaceReader(models.detector, models.recogniser)
    one, other = (reader.describe(picture, box) for picture in (plate, result))
    apart = float(1 - one @ other)
    return max(apart, 0.0) if np.isfinite(apart) else None


def distance_of(plate: Picture, result: Picture) -> float:
    """How far a result has moved from the plate's look, in levels of 255, blur and grain left out."""
    sums = distance_step([plate, result], {WHOLE: np.full(plate.shape[:2], 255, np.uint8)})
    found = distance(sums[WHOLE])
    return 0.0 if found is None else float(found[0, 1])


def detail_of(plate: Picture, result: Picture) -> float | None:
    """How much of the plate's fine structure a result has, 1 = all of it; None when the plate has none."""
    everywhere = {WHOLE: np.full(plate.shape[:2], 255, np.uint8)}
    sums, _ = DetailMeter().step([luma_of(plate), luma_of(result)], None, everywhere)
    read = detail(sums[WHOLE])
    return None if read is None else float(read[0, 1])
