"""The one place that talks to MediaPipe: landmarks of faces, hands and a body, in pixels of the given picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture

FacePoints = NDArray[np.float32]
"""float32 [478, 3]: x, y in pixels (y down), z on the scale of x. 468 mesh points, then two irises of five points."""

HandPoints = NDArray[np.float32]
"""float32 [21, 3]: x, y in pixels (y down), z on the scale of x; the wrist, then four points of each finger."""

MOST_FACES = 5
MOST_HANDS = 6
CONFIDENCE = 0.5


@dataclass(frozen=True)
class BodyPoints:
    """The 33 points of a body as MediaPipe numbers them.

    points: float32 [33, 2], x and y in pixels; a point may lie outside the picture.
    visibility: float32 [33] in 0..1.
    """

    points: NDArray[np.float32]
    visibility: NDArray[np.float32]


class Looker:
    """One of MediaPipe's graphs, let go of at the end of a `with`. Not thread-safe."""

    def __init__(self, graph: Any) -> None:
        self._graph: Any = graph

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._graph.close()


def outcome(graph: Any, picture: Picture, name: str) -> Any:
    """What a graph puts out under a name for a picture (uint8 RGB [height, width, 3]); None when there is nothing.

    MediaPipe makes a class for the outcome of each picture. Classes wait for the garbage collector, so it is emptied:
    masks and landmarks do not wait with it.
    """
    found = graph.process(np.ascontiguousarray(picture))
    wanted = getattr(found, name)
    for each in found._fields:
        setattr(found, each, None)
    return wanted


class FaceMesh(Looker):
    """Face landmarks of single pictures. Each picture is looked at afresh: nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.face_mesh import FaceMesh as Graph

        graph = Graph(
            static_image_mode=True,
            max_num_faces=MOST_FACES,
            refine_landmarks=True,
            min_detection_confidence=CONFIDENCE,
        )
        super().__init__(graph)

    def find(self, picture: Picture) -> list[FacePoints]:
        """Landmarks of at most five faces in `picture` (uint8 RGB [height, width, 3]), in no settled order."""
        found = outcome(self._graph, picture, "multi_face_landmarks") or []
        return [in_pixels(face.landmark, picture.shape[1], picture.shape[0]) for face in found]


class HandMarks(Looker):
    """Hand landmarks of single pictures. Nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.hands import Hands as Graph

        graph = Graph(
            static_image_mode=True, max_num_hands=MOST_HANDS, model_complexity=1, min_detection_confidence=CONFIDENCE
        )
        super().__init__(graph)

    def find(self, picture: Picture) -> list[HandPoints]:
        """Landmarks of at most six hands in `picture` (uint8 RGB [height, width, 3]), in no settled order."""
        found = outcome(self._graph, picture, "multi_hand_landmarks") or []
        return [in_pixels(hand.landmark, picture.shape[1], picture.shape[0]) for hand in found]


class BodyPose(Looker):
    """Body landmarks of single pictures, one body each. Nothing is tracked. Not thread-safe."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.pose import Pose as Graph

        super().__init__(Graph(static_image_mode=True, model_complexity=1, min_detection_confidence=CONFIDENCE))

    def find(self, picture: Picture) -> BodyPoints | None:
        """Landmarks of the most prominent body in `picture` (uint8 RGB [height, width, 3]); None when there is none."""
        height, width = picture.shape[:2]
        found = outcome(self._graph, picture, "pose_landmarks")
        if found is None:
            return None
        points = np.array([(p.x * width, p.y * height) for p in found.landmark], np.float32)
        return BodyPoints(points, np.array([p.visibility for p in found.landmark], np.float32))


def in_pixels(marks: Iterable[Any], width: int, height: int) -> NDArray[np.float32]:
    """MediaPipe's landmarks in a picture of this size, float32 [n, 3]: pixels, z on the scale of x."""
    return np.array([(p.x, p.y, p.z) for p in marks], np.float32) * np.array([width, height, width], np.float32)


def normalised(points: FacePoints, width: int, height: int) -> Any:
    """The landmarks (pixels of a picture of this size) as MediaPipe's own list, which its drawing functions take."""
    from mediapipe.framework.formats import landmark_pb2

    formats: Any = landmark_pb2
    shares = points / np.array([width, height, width], np.float32)
    marks = [formats.NormalizedLandmark(x=float(x), y=float(y), z=float(z)) for x, y, z in shares]
    return formats.NormalizedLandmarkList(landmark=marks)
