"""Blendshape curves, where MediaPipe's face landmarker is at hand: a second source beside the mesh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.frames import Box, Picture
from pipeline.measure.closeup import OFF_CENTRE, cut_square, off_centre, square_around
from pipeline.measure.expression import Signs, Source
from pipeline.people.blendshapes import BLENDSHAPES, FaceShapes, ShapedFace

LEAST_WEIGHT = 0.05
"""Amplitude of a weight, 0..1, below which the plate's curve does not move."""


def as_they_are(signs: Signs) -> Signs:
    """Weights are curves already."""
    return signs


SHAPES = Source(BLENDSHAPES, dict.fromkeys(BLENDSHAPES, LEAST_WEIGHT), as_they_are)


def shapes_in(picture: Picture, box: Box, reader: FaceShapes) -> Signs:
    """The weights of the face in `box` of a picture (uint8 RGB), float64 [52]; NaN when no face is found there."""
    return middle_weights(reader.find(cut_square(picture, square_around(box, (0.0, 0.0, 1.0)))))


def middle_weights(faces: Sequence[ShapedFace]) -> Signs:
    """The weights of the face nearest to the middle of a close-up, NaN when there is none near it."""
    nearest = min(faces, key=lambda face: off_centre(face.points), default=None)
    if nearest is None or off_centre(nearest.points) > OFF_CENTRE:
        return np.full(len(BLENDSHAPES), np.nan)
    return nearest.weights
