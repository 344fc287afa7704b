"""OpenPose's own body network, for those who have its weights, through controlnet-aux."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline import torchvision_ops
from pipeline.errors import ModelMissing
from pipeline.frames import Picture

WEIGHTS = "body_pose_model.pth"
DETECT_RESOLUTION = 512
"""Auto1111's preprocessor looks at a picture whose short side is at most this many pixels."""


class OpenposeBodies:
    """Finds every body of a picture with OpenPose's network, on the CPU. Not thread-safe."""

    def __init__(self, folder: Path) -> None:
        """folder: holds `body_pose_model.pth` of lllyasviel/Annotators. Raises ModelMissing when it does not."""
        if not (folder / WEIGHTS).is_file():
            raise ModelMissing(
                f"{folder} has no {WEIGHTS}.", "Put it there, or go without: poses then come from MediaPipe."
            )
        torchvision_ops.declare()
        from controlnet_aux.open_pose import OpenposeDetector
        from controlnet_aux.open_pose.body import Body

        self._detector: Any = OpenposeDetector(Body(str(folder / WEIGHTS)))

    def find(self, picture: Picture) -> list[NDArray[np.float32]]:
        """Each body of `picture` (uint8 RGB [height, width, 3]) as float32 [18, 2], shares of the sides, nan = none."""
        scale = min(DETECT_RESOLUTION / min(picture.shape[:2]), 1.0)
        seen = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return [keypoint_array(pose.body.keypoints) for pose in self._detector.detect_poses(seen)]


def keypoint_array(keypoints: list[Any]) -> NDArray[np.float32]:
    """controlnet-aux's keypoints of one body as float32 [n, 2], x and y, nan where there is none."""
    return np.array([(k.x, k.y) if k is not None else (np.nan, np.nan) for k in keypoints], np.float32)
