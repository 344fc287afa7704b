"""Noise that is fixed in the face: the pattern moves, turns and grows with it, whatever the crop does.

A crop is held still in size, pushed back inside the plate and turned only beyond the rotation threshold, so that the
face moves on its canvas a little. Here every cell of the canvas's latents takes its number from where it lies on the
face.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.batch import CarriedNoise
from pipeline.frames import Crop
from pipeline.passes.placement import MULTIPLE

HALF = math.sqrt(0.5)
"""The share of each of the two noises: their squares add up to 1."""
STAGGER = (0.0, 0.5)
"""Cells by which the two noises are set off, so that not all numbers step on to the next cell in the same frame."""
FIELD = 0
"""The one field of numbers, named as if it were a frame."""


def face_space(crops: Sequence[Crop], faces: Sequence[Crop], size: int) -> CarriedNoise:
    """Where the numbers of each of n frames come from.

    crops: what the canvas shows of the plate. faces: the square of the plate that keeps to the face in each frame.
    size: side of the canvas in pixels. A cell beyond the field of numbers takes one from its other end.
    """
    origins = np.stack(
        [[_origins(c, f, size // MULTIPLE, off) for off in STAGGER] for c, f in zip(crops, faces, strict=True)]
    )
    names = tuple(range(len(STAGGER)))
    count = len(crops)
    return CarriedNoise(origins, ((names[0], names[1]),) * count, ((HALF, HALF),) * count)


def _origins(crop: Crop, face: Crop, cells: int, stagger: float) -> NDArray[np.int32]:
    """int32 [cells, cells, 3]: field, row and column of the number for each cell of the canvas."""
    middles = (np.arange(cells) + 0.5) / cells - 0.5
    shares = np.stack(np.meshgrid(middles, middles), axis=-1)
    plate = crop.side * shares @ axes(crop).T + np.array([crop.x, crop.y])
    own = (plate - np.array([face.x, face.y])) @ axes(face) / face.side
    columns, rows = np.moveaxis(np.floor((own + 0.5) * cells + stagger + 1e-6).astype(np.int64) % cells, -1, 0)
    return np.stack([np.full_like(rows, FIELD), rows, columns], axis=-1).astype(np.int32)


def axes(crop: Crop) -> NDArray[np.float64]:
    """float64 [2, 2], columns: right and down of a turned square as directions in the plate."""
    turn = math.radians(crop.angle)
    return np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
