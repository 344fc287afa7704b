"""Measuring one frame by itself: what a single picture can say of the acting and the detail that a pass has kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.frames import Picture
from pipeline.measure.closeup import look
from pipeline.measure.detail import DetailMeter, detail
from pipeline.measure.expression import CURVES
from pipeline.measure.luma import luma_of
from pipeline.measure.regions import WHOLE
from pipeline.people.finder import FaceFinder
from pipeline.people.landmarks import FaceMesh


@dataclass(frozen=True)
class StillFigures:
    """What is measured of one frame.

    off: how far the largest face's mouth, smile, eyes and brows are from the plate's, the mean of the four, in eye
    distances (eyes: in eye widths); 0 is the same. None where there is no face. lost: the plate has a face and the
    result has none. detail: the part of the plate's fine structure that is kept, 1 = all of it; None for a flat plate.
    """

    off: float | None
    lost: bool
    detail: float | None


def measure_still(plate: Picture, result: Picture, smallest: int = 30) -> StillFigures:
    """Compare a finished frame with its plate, both uint8 RGB of one size. smallest: least face, in plate pixels.

    Whether timing and strength of the acting are kept takes many frames (`report.measure`); this is the quick look.
    """
    kept = detail_of(plate, result)
    with FaceFinder() as finder, FaceMesh() as mesh:
        faces = finder.find(plate, smallest)
        if not faces:
            return StillFigures(None, False, kept)
        signs = [look(picture, faces[0].box, mesh)[: len(CURVES)] for picture in (plate, result)]
    apart = float(np.abs(signs[1] - signs[0]).mean())
    return StillFigures(apart if np.isfinite(apart) else None, bool(np.isnan(signs[1]).any()), kept)


def detail_of(plate: Picture, result: Picture) -> float | None:
    """How much of the plate's fine structure a result has, 1 = all of it; None when the plate has none."""
    everywhere = {WHOLE: np.full(plate.shape[:2], 255, np.uint8)}
    sums, _ = DetailMeter().step([luma_of(plate), luma_of(result)], None, everywhere)
    read = detail(sums[WHOLE])
    return None if read is None else float(read[0, 1])
