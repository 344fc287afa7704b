"""The 52 blendshapes of a face, read by MediaPipe's face landmarker from its own file, `face_landmarker.task`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelMissing
from pipeline.frames import Picture
from pipeline.people.landmarks import CONFIDENCE, MOST_FACES, FacePoints, Looker, in_pixels

SIDES = ("Left", "Right")
BLENDSHAPES = (
    "_neutral",
    *(f"browDown{side}" for side in SIDES),
    "browInnerUp",
    *(f"browOuterUp{side}" for side in SIDES),
    "cheekPuff",
    *(f"cheekSquint{side}" for side in SIDES),
    *(f"eye{way}{side}" for way in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint") for side in SIDES),
    *(f"eyeWide{side}" for side in SIDES),
    *("jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose"),
    *(f"mouth{way}{side}" for way in ("Dimple", "Frown") for side in SIDES),
    *("mouthFunnel", "mouthLeft"),
    *(f"mouth{way}{side}" for way in ("LowerDown", "Press") for side in SIDES),
    *("mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *(f"mouth{way}{side}" for way in ("Smile", "Stretch", "UpperUp") for side in SIDES),
    *(f"noseSneer{side}" for side in SIDES),
)
"""The names that the file gives, in its order: Apple's 52 face units without the tongue, and the neutral face first."""


@dataclass(frozen=True, eq=False)
class ShapedFace:
    """One face. points: float32 [478, 3] in pixels. weights: float64 [52] in 0..1, in the order of BLENDSHAPES."""

    points: FacePoints
    weights: NDArray[np.float64]


class FaceShapes(Looker):
    """Blendshapes of single pictures. Nothing is tracked. Use it in a `with`. Not thread-safe."""

    def __init__(self, weights: Path) -> None:
        """weights: face_landmarker.task. Raises ModelMissing when it is not there or not such a file."""
        from mediapipe.tasks.python import BaseOptions, vision

        try:
            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_buffer=weights.read_bytes()),
                num_faces=MOST_FACES,
                min_face_detection_confidence=CONFIDENCE,
                output_face_blendshapes=True,
            )
            super().__init__(vision.FaceLandmarker.create_from_options(options))
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelMissing(
                f"{weights.name} cannot be read as a face landmarker.", "Fetch it again into the model folder."
            ) from error

    def find(self, picture: Picture) -> list[ShapedFace]:
        """The faces of `picture` (uint8 RGB [height, width, 3]), at most five, in no settled order."""
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        return shaped_faces(self._graph.detect(image), picture.shape[1], picture.shape[0])


def shaped_faces(result: Any, width: int, height: int) -> list[ShapedFace]:
    """The faces of a FaceLandmarkerResult for a picture of this size; a shape that it does not name is 0."""
    found = zip(result.face_landmarks, result.face_blendshapes, strict=True)
    return [ShapedFace(in_pixels(marks, width, height), _weights(shapes)) for marks, shapes in found]


def _weights(shapes: Iterable[Any]) -> NDArray[np.float64]:
    given = {shape.category_name: float(shape.score) for shape in shapes}
    return np.array([given.get(name, 0.0) for name in BLENDSHAPES])
