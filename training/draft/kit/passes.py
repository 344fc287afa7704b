"""The engine's passes of a pair as one EXR file, with normals in the camera's axes as ControlNet pictures want them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clip.exr import read_parts, write_parts
from pipeline.files import atomic
from training.draft.kit.cameras import Camera
from training.draft.kit.palette import Values
from training.draft.kit.scene import Buffers

DEPTH, NORMAL, MOTION, OBJECTS = "Depth", "Normal", "MotionVectors", "ObjectId"


def write_passes(path: Path, buffers: Buffers, camera: Camera) -> None:
    """Four parts: Depth (Z in metres, 0 where nothing is), Normal (x right, y up, z towards the viewer), MotionVectors
    (from the frame before, shares of width and height, x right, y up), ObjectId.
    """
    facing = (buffers.normals @ camera.view()[:3, :3].T).astype(np.float16)
    parts = {
        DEPTH: {"Z": buffers.depth.astype(np.float32)},
        NORMAL: {name: facing[..., axis] for axis, name in enumerate("RGB")},
        MOTION: {name: buffers.motion[..., axis].astype(np.float16) for axis, name in enumerate("RG")},
        OBJECTS: {"R": buffers.objects.astype(np.float16)},
    }
    with atomic(path) as part:
        write_parts(part, parts)


def read_passes(path: Path) -> tuple[Values, Values, Values]:
    """(depth in metres [h, w], unit normals in camera axes [h, w, 3], object numbers [h, w]) of such a file."""
    parts = {part.name: part.channels for part in read_parts(path)}
    normals = np.dstack([parts[NORMAL][name] for name in "RGB"])
    return parts[DEPTH]["Z"], normals, parts[OBJECTS]["R"]
