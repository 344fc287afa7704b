"""An engine's normals, in the axes of the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clip.cameras import Cameras, read_cameras
from pipeline.clip.rendered import Rendered
from pipeline.clip.values import Values
from pipeline.errors import FootageError

Vectors = NDArray[np.float32]
"""float32 [height, width, 3] of unit length, or 0 where nothing is: x to the right, y up, z towards the viewer."""

SHORTEST = 0.5
"""A normal shorter than this is no surface, or the mean of several."""


@dataclass(frozen=True)
class Normals:
    """The normals of a shot. cameras: None where the files are in camera axes already."""

    rendered: Rendered
    cameras: Cameras | None

    def facing(self, frame: int) -> Vectors | None:
        """The normals of a frame in camera axes, at the pass's own size; None where the frame is missing and may be.

        Raises FootageError when the file or its camera cannot be read.
        """
        values = self.rendered.values(self.rendered.get("normal"), frame)
        if values is None:
            return None
        vectors = unit_vectors(values)
        if self.cameras is None:
            return vectors
        held = self.rendered.path(self.rendered.get("normal"), frame)
        files = self.rendered.get("normal").files.files
        number = next(number for number, path in files.items() if path == held)
        return (vectors @ self.cameras.rotation(number).T).astype(np.float32)


def normals_of(rendered: Rendered) -> Normals:
    """The shot's normals. Raises FootageError when there is no such pass, or its axes are the world's and there are no
    camera matrices to turn them by.
    """
    rendered.get("normal")
    if rendered.footage.normals == "camera":
        return Normals(rendered, None)
    if rendered.passes.cameras is None:
        raise FootageError(
            "The normals are in world axes, and there is no cameras.json to turn them to the camera.",
            "Record it with the script in docs/unity, or set normals = camera if they are in camera axes already.",
        )
    return Normals(rendered, read_cameras(rendered.passes.cameras))


def unit_vectors(values: Values) -> Vectors:
    """The normals in a file, of unit length, in its own axes; 0 where there is none or no number.

    Integer files, and EXR files without negative values, hold 0..1 for -1..1. Raises FootageError for fewer than three
    channels.
    """
    if values.pixels.shape[2] < 3:
        raise FootageError("A normal pass needs three channels.", "Export it as RGB.")
    raw = np.nan_to_num(values.scaled[..., :3], nan=0.0, posinf=0.0, neginf=0.0)
    packed = values.pixels.dtype != np.float32 or (raw.min() >= 0 and _looks_packed(raw))
    raw = 2 * raw - 1 if packed else raw
    length = np.linalg.norm(raw, axis=-1, keepdims=True)
    return np.where(length >= SHORTEST, raw / np.maximum(length, 1e-6), 0).astype(np.float32)


def _looks_packed(raw: NDArray[np.float32]) -> bool:
    """Whether 2 x - 1 has unit length in more pixels than x has."""
    unit = [np.abs(np.linalg.norm(vectors, axis=-1) - 1) < 0.05 for vectors in (2 * raw - 1, raw)]
    return bool(unit[0].sum() > unit[1].sum())
