"""Take small shakes out of the picture's position, and leave the camera's real moves.

How the whole picture moves between two frames is a shift, a turn and a change of size that most of its corners agree
on (Lucas and Kanade 1981; RANSAC, Fischler and Bolles 1981). The moves add up to a path; a frame is brought to the
straight line that fits the path around it best, unless it is further from it than a shake would be. Measured against
the plate, the path is where each frame lies on the plate's same frame, so that whatever the engine's camera did stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.filters.deflicker import added_up, line_through
from pipeline.filters.stream import Moment, Scene, Stream, windows
from pipeline.frames import FloatPicture
from pipeline.recipe.filters import Dejitter, Stabilise

CORNERS = 300
LEAST_CORNERS = 12
"""With fewer that agree, the move between two frames is not known and counts as none."""
SIDE = 640
"""Pixels of the long side of the picture that moves are read from."""
EDGE_BLUR, STRONG_EDGE = 3, 120.0
"""Pixels by which edges are softened before they are laid over each other; a slope above the second counts as it."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Placed(Moment):
    """A frame and how its picture lies to another one: x, y in pixels, turn in radians, log of the size; [4]."""

    move: NDArray[np.float64]


def dejittered(stream: Stream, settings: Dejitter, scene: Scene) -> Stream:
    """The stream without small shakes; what is missing at the edges is mirrored."""
    placed, path_of = (
        (_placed(stream), added_up) if settings.against == "path" else (_on_plate(stream, scene), np.stack)
    )
    for window in windows(placed, settings.reach, scene.cuts):
        path = path_of([moment.move for moment in window.moments if isinstance(moment, Placed)])
        wanted = line_through(np.arange(len(path)) - window.centre, path, settings.reach / 2)
        shake, pixels = wanted - path[window.centre], window.moment.pixels
        meant = np.hypot(shake[0], shake[1]) > settings.largest * pixels.shape[1]
        if not meant and furthest(shake, pixels.shape[1]) >= settings.least:
            pixels = moved(pixels, shake)
        yield Moment(window.moment.number, pixels)


def stabilised(stream: Stream, settings: Stabilise, scene: Scene) -> Stream:
    """The stream with a smooth camera, enlarged by the zoom. A shift never shows more than the zoom hides."""
    for window in windows(_placed(stream), settings.reach, scene.cuts):
        path = added_up([moment.move for moment in window.moments if isinstance(moment, Placed)])
        wanted = line_through(np.arange(len(path)) - window.centre, path, settings.reach / 2)
        height, width = window.moment.pixels.shape[:2]
        most = settings.zoom / 2 * np.array([width, height])
        shake = wanted - path[window.centre]
        shake[:2] = np.clip(shake[:2], -most, most)
        shake[3] += np.log1p(settings.zoom)
        yield Moment(window.moment.number, moved(window.moment.pixels, shake))


def moved(pixels: FloatPicture, move: NDArray[np.float64]) -> FloatPicture:
    """The picture shifted, turned about its middle and resized by a move as in `Placed`."""
    height, width = pixels.shape[:2]
    turn = _matrix(move, ((width - 1) / 2, (height - 1) / 2))
    return cv2.warpAffine(
        pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    ).astype(np.float32, copy=False)


def furthest(move: NDArray[np.float64], width: int) -> float:
    """How many pixels a move as in `Placed` brings something at the side of a picture so wide, at most."""
    return float(np.hypot(move[0], move[1]) + np.hypot(move[2], move[3]) * width / 2)


def move_between(before: Grey, after: Grey) -> NDArray[np.float64]:
    """How the picture as a whole moved, float64 [4] as in `Placed`, in pixels of the given pictures."""
    corners = cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 8)
    if corners is None or len(corners) < LEAST_CORNERS:
        return np.zeros(4)
    found, status, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.zeros_like(corners))
    kept = status[:, 0] == 1
    if kept.sum() < LEAST_CORNERS:
        return np.zeros(4)
    centre = np.array([(before.shape[1] - 1) / 2, (before.shape[0] - 1) / 2])
    matrix, agreed = cv2.estimateAffinePartial2D(
        corners[kept, 0] - centre, found[kept, 0] - centre, ransacReprojThreshold=0.5, confidence=0.999
    )
    if matrix is None or agreed.sum() < LEAST_CORNERS:
        return np.zeros(4)
    size = np.hypot(matrix[0, 0], matrix[1, 0])
    return np.array([matrix[0, 2], matrix[1, 2], np.arctan2(matrix[1, 0], matrix[0, 0]), np.log(size)])


def shift_on(plate: Grey, render: Grey) -> NDArray[np.float64]:
    """How far a painted picture lies beside its plate, float64 [4] as in `Placed`, in pixels of the given pictures.

    Where their edges correlate best (ECC, Evangelidis and Psarakis 2008): the two differ in light and colour, and
    corners that are followed from one into the other are half a pixel off. No edges, no shift.
    """
    warp = np.eye(2, 3, dtype=np.float32)
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)
    try:
        edges, everywhere = (_edges(plate), _edges(render)), np.ones_like(plate)
        _, warp = cv2.findTransformECC(*edges, warp, cv2.MOTION_TRANSLATION, enough, everywhere, EDGE_BLUR)
    except cv2.error:  # it says so when it does not converge
        return np.zeros(4)
    return np.array([warp[0, 2], warp[1, 2], 0.0, 0.0])


def _edges(grey: Grey) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
    slope = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return np.minimum(slope, STRONG_EDGE).astype(np.float32)


def _placed(stream: Stream) -> Stream:
    before: Grey | None = None
    for moment in stream:
        grey, scale = _small(moment.pixels)
        move = np.zeros(4) if before is None else move_between(before, grey) / (scale, scale, 1, 1)
        before = grey
        yield Placed(moment.number, moment.pixels, move)


def _on_plate(stream: Stream, scene: Scene) -> Stream:
    for moment in stream:
        plate, _ = _small(scene.plate(moment.number).astype(np.float32) / 255)
        grey, scale = _small(moment.pixels)
        yield Placed(moment.number, moment.pixels, shift_on(plate, grey) / (scale, scale, 1, 1))


def _small(pixels: FloatPicture) -> tuple[Grey, float]:
    scale = min(SIDE / max(pixels.shape[:2]), 1.0)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    return cv2.cvtColor((small.clip(0, 1) * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY).astype(np.uint8), scale


def _matrix(move: NDArray[np.float64], centre: tuple[float, float]) -> NDArray[np.float64]:
    x, y, turn, size = move
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, -np.degrees(turn), np.exp(size)), np.float64)
    matrix[:, 2] += x, y
    return matrix
