"""Control pictures: what a ControlNet is shown of the plate."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import local
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture
from pipeline.people.faces import SMALLEST_FACE
from pipeline.people.finder import FaceFinder, FoundFace
from pipeline.people.landmarks import BodyPose, FacePoints
from pipeline.prepare.drawing import draw_faces, openpose_points
from pipeline.prepare.openpose import OpenposeBodies
from pipeline.prepare.skeleton import draw_bodies
from pipeline.recipe.passes import ControlKind

CANNY_LOW, CANNY_HIGH = 100, 200
"""Auto1111's thresholds."""


class Annotator:
    """Reads control pictures off the plate. Owns the landmark finders: use it in a `with`.

    Several threads may ask at once; each has a finder of bodies of its own, from its first one on.
    """

    def __init__(self, openpose: Path | None = None, finder: FaceFinder | None = None) -> None:
        """openpose: folder with OpenPose's own body weights; without it poses come from MediaPipe.

        finder: a face finder to borrow; without it the annotator has its own.

        Raises ModelMissing when the folder is given and the weights are not in it.
        """
        self._openpose = OpenposeBodies(openpose) if openpose else None
        self._open = ExitStack()
        self._faces = finder or self._open.enter_context(FaceFinder())
        self._own = local()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def hint(
        self,
        kind: ControlKind,
        picture: Picture,
        size: tuple[int, int],
        faces: Sequence[FacePoints] | None = None,
    ) -> Picture:
        """The control picture of this kind, uint8 RGB [height, width, 3], black where nothing is found.

        picture: uint8 RGB, the whole plate or a cut of it, at the plate's own resolution: people are found there.
        size: width and height the model works at, in pixels; the lines are drawn at this size.
        faces: the landmarks of its faces in pixels of `size`, where they are known; they are found otherwise.
        """
        if kind == "canny":
            return edges(picture, size)
        if kind == "openpose" and self._openpose:
            return draw_bodies(self._openpose.find(picture), *size)
        scale = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0], 1], np.float32)
        if faces is None:
            faces = [face.points * scale for face in self._faces.find(picture, SMALLEST_FACE)]
        if kind == "mediapipe_face":
            return draw_faces(faces, *size)
        return draw_bodies(self._bodies(picture, tuple(FoundFace.of(points / scale) for points in faces)), *size)

    def _bodies(self, picture: Picture, faces: tuple[FoundFace, ...]) -> list[NDArray[np.float32]]:
        """Every body in a picture whose faces are known, as shares of its sides."""
        bodies = (self._body_in(picture, left, right, face) for left, right, face in strips(faces, picture.shape[1]))
        return [body for body in bodies if body is not None]

    @property
    def _finder_of_bodies(self) -> BodyPose:
        """The one of the thread that asks."""
        if not hasattr(self._own, "bodies"):
            self._own.bodies = self._open.enter_context(BodyPose())
        return self._own.bodies

    def _body_in(self, picture: Picture, left: int, right: int, face: FoundFace | None) -> NDArray[np.float32] | None:
        """OpenPose points of the body in these columns, as shares of the picture's sides; None unless it has `face`."""
        body = self._finder_of_bodies.find(picture[:, left:right])
        if body is None:
            return None
        points = openpose_points(body) + np.array([left, 0], np.float32)
        if face is not None and not belongs(points, face):
            return None
        return points / np.array([picture.shape[1], picture.shape[0]], np.float32)


def edges(picture: Picture, size: tuple[int, int]) -> Picture:
    """Canny edges at `size` (width, height), white on black, uint8 [height, width, 3]; thresholds as in Auto1111."""
    shrinks = size[0] * size[1] < picture.shape[0] * picture.shape[1]
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4)
    found = cv2.Canny(resized, CANNY_LOW, CANNY_HIGH)
    return cv2.cvtColor(found, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)


def strips(faces: tuple[FoundFace, ...], width: int) -> list[tuple[int, int, FoundFace | None]]:
    """Columns to look for one body in: the whole width, or for several faces one strip each, parted midway."""
    if len(faces) < 2:
        return [(0, width, None)]
    in_order = sorted(faces, key=lambda face: face.centre[0])
    cuts = [round((a.centre[0] + b.centre[0]) / 2) for a, b in itertools.pairwise(in_order)]
    return [(left, right, face) for left, right, face in zip([0, *cuts], [*cuts, width], in_order, strict=True)]


def belongs(points: NDArray[np.float32], face: FoundFace) -> bool:
    """Whether the body with these OpenPose points (pixels) has its nose in the box of the face, grown by half."""
    box = face.box.grown(max(face.box.width, face.box.height) // 2)
    x, y = points[0]
    return bool(box.x <= x < box.right and box.y <= y < box.bottom)
