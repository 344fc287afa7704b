"""Faces as the `mediapipe_face` annotator draws them, by its own drawing functions; body points in OpenPose's order."""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Box, Picture
from pipeline.people.landmarks import BodyPoints, FacePoints, normalised

SMALLEST_FACE = 64
"""The annotator draws no face with a side under this many pixels; a smaller one is drawn larger and reduced."""
LINE_MARGIN = 4
"""Pixels around a face that its lines and pupils may reach into."""
SURELY_SEEN = 0.5
"""A body point that MediaPipe holds less visible than this is left out, as OpenPose leaves out what it cannot see."""

LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
NECK = -1
OPENPOSE_ORDER = (0, NECK, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
"""MediaPipe's number of each of OpenPose's 18 body points: nose, neck, right arm, left arm, right leg, left leg,
right eye, left eye, right ear, left ear."""


def draw_faces(faces: Sequence[FacePoints], width: int, height: int) -> Picture:
    """uint8 RGB [height, width, 3]: each face (landmarks in pixels of this very picture) in the annotator's lines.

    What lies outside the picture is left out. A face whose smaller side is at least 64 px comes out as the annotator
    draws it; a smaller one is drawn a whole number of times larger and reduced, so that its features stay apart.
    """
    canvas = np.zeros((height, width, 3), np.uint8)
    for points in faces:
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        left, top = np.floor(low).astype(int)
        right, bottom = np.ceil(high).astype(int)
        cut = Box(left, top, right - left, bottom - top).grown(LINE_MARGIN).clipped(width, height)
        if cut.width and cut.height:
            enlargement = max(1, math.ceil(SMALLEST_FACE / max(float((high - low).min()), 1.0)))
            lines = face_lines(points, cut, enlargement)
            below = cut.cut(canvas)
            np.maximum(below, lines, out=below)
    return canvas


def face_lines(points: FacePoints, cut: Box, enlargement: int) -> Picture:
    """The lines of one face in a cut of the picture, uint8 RGB [cut.height, cut.width, 3].

    points: landmarks in pixels of the picture. enlargement: how many times larger the lines are drawn before the cut is
    reduced to its size by averaging.
    """
    annotator, sketch = face_annotator(), face_sketch()
    drawn = np.zeros((cut.height * enlargement, cut.width * enlargement, 3), np.uint8)
    face = normalised(points[list(sketch.points)] - np.array([cut.x, cut.y, 0], np.float32), cut.width, cut.height)
    annotator.mp_drawing.draw_landmarks(
        drawn,
        face,
        connections=sketch.lines.keys(),
        landmark_drawing_spec=None,
        connection_drawing_spec=sketch.lines,
    )
    annotator.draw_pupils(drawn, face, sketch.pupils)
    rgb = annotator.reverse_channels(drawn)
    return cv2.resize(rgb, (cut.width, cut.height), interpolation=cv2.INTER_AREA).astype(np.uint8)


@functools.cache
def face_annotator() -> ModuleType:
    """controlnet-aux's face annotator without the package around it, whose other annotators take seconds to import."""
    package = importlib.util.find_spec("controlnet_aux")
    assert package is not None and package.origin is not None
    file = Path(package.origin).parent / "mediapipe_face" / "mediapipe_face_common.py"
    spec = importlib.util.spec_from_file_location("mediapipe_face_common", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Sketch:
    """What the annotator draws of a face. points: the landmarks that are in it at all, a third of all.

    lines: between which of these, by their places in `points`, in the order they are drawn, and how. pupils: which of
    them, and how.
    """

    points: tuple[int, ...]
    lines: Mapping[tuple[int, int], Any]
    pupils: Mapping[int, Any]


@functools.cache
def face_sketch() -> Sketch:
    """The annotator's own choice of lines and colours, without the landmarks that it leaves out."""
    annotator = face_annotator()
    lines, pupils = annotator.face_connection_spec, annotator.iris_landmark_spec
    points = sorted({*chain.from_iterable(lines), *pupils})
    place = {number: at for at, number in enumerate(points)}
    return Sketch(
        tuple(points),
        {(place[start], place[end]): how for (start, end), how in lines.items()},
        {place[number]: how for number, how in pupils.items()},
    )


def openpose_points(body: BodyPoints) -> NDArray[np.float32]:
    """float32 [18, 2] in pixels, nan where a point is not seen. The neck is the middle of the shoulders."""
    points = np.where(body.visibility[:, None] >= SURELY_SEEN, body.points, np.float32(np.nan))
    neck = (points[LEFT_SHOULDER] + points[RIGHT_SHOULDER]) / 2
    return np.array([neck if number == NECK else points[number] for number in OPENPOSE_ORDER], np.float32)
