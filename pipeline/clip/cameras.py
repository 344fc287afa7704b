"""The camera of each frame, as the Unity script of docs/unity writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import FootageError

ORTHONORMAL = 1e-3
"""How far the rows of a rotation may be from unit length and right angles."""

Rotation = NDArray[np.float32]
"""float32 [3, 3]: world axes to camera axes, which are x to the right, y up, z towards the viewer."""


class CameraFrame(BaseModel):
    """One frame. number: as in the picture's name. world_to_camera: 4 x 4, row by row, Unity's worldToCameraMatrix."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = Field(ge=0)
    world_to_camera: tuple[float, ...] = Field(min_length=16, max_length=16)


class CameraFile(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    frames: tuple[CameraFrame, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Cameras:
    """The matrices of a shot by the number in the file names."""

    path: Path
    by_number: dict[int, CameraFrame]

    def rotation(self, number: int) -> Rotation:
        """The rotation of the frame with this number in its name.

        Raises FootageError when it is missing or the matrix is no rotation, scaled or sheared.
        """
        frame = self.by_number.get(number)
        if frame is None:
            raise FootageError(f"{self.path.name} has no camera for number {number}.", "Record it with all frames.")
        rotation = np.array(frame.world_to_camera, np.float64).reshape(4, 4)[:3, :3]
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=ORTHONORMAL):
            raise FootageError(
                f"The camera of number {number} in {self.path.name} is not a rotation.",
                "Take the scale off the camera.",
            )
        return rotation.astype(np.float32)


def read_cameras(path: Path) -> Cameras:
    """The cameras in a file. Raises FootageError when it is not such a file."""
    try:
        read = CameraFile.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise FootageError(
            f"{path.name} is not a list of cameras.", "Write it with the script in docs/unity."
        ) from error
    return Cameras(path, {frame.number: frame for frame in read.frames})
