"""Pictures with faces whose place is known: frames of the sample shot, as they are, turned, small, and side by side."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import cv2
import numpy as np

from pipeline.frames import Box, Picture
from pipeline.people.boxes import shared_area

SHOT = Path(__file__).parents[2] / "samples" / "interview"
CLOSE_UP, MEDIUM = 10, 100
MISSED_BY_THE_MESH = 79
"""A frame of the medium shot in which the face mesh, given the whole picture, sees no face."""


@functools.cache
def _frames() -> tuple[Picture, ...]:
    reader, frames = cv2.VideoCapture(str(SHOT / "plate.mp4")), []
    while (read := reader.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB).astype(np.uint8))
    return tuple(frames)


@functools.cache
def _face_boxes() -> list[list[float]]:
    return json.loads((SHOT / "truth.json").read_text())["face_box"][0]


def frame(number: int) -> Picture:
    """Frame of the sample shot, uint8 RGB [360, 640, 3]."""
    return _frames()[number].copy()


def true_box(number: int) -> Box:
    """The face of that frame, forehead and ears included, from the scene it was rendered from."""
    left, top, right, bottom = _face_boxes()[number]
    return Box(round(left), round(top), round(right - left), round(bottom - top))


def turned(number: int, degrees: float) -> Picture:
    """The frame turned anticlockwise about its face."""
    box = true_box(number)
    turn = cv2.getRotationMatrix2D((box.x + box.width / 2, box.y + box.height / 2), degrees, 1)
    return cv2.warpAffine(frame(number), turn, (640, 360)).astype(np.uint8)


def small(picture: Picture, scale: float, width: int = 1280) -> Picture:
    """The picture reduced, on a grey picture of 16:9 a third from the left and 60 rows down."""
    reduced = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((width * 9 // 16, width, 3), 90, np.uint8)
    canvas[60 : 60 + reduced.shape[0], width // 3 : width // 3 + reduced.shape[1]] = reduced
    return canvas


def small_box(number: int, scale: float, width: int = 1280) -> Box:
    """Where `small` puts the face of that frame."""
    box = true_box(number)
    return Box(
        round(box.x * scale) + width // 3,
        round(box.y * scale) + 60,
        round(box.width * scale),
        round(box.height * scale),
    )


def pair() -> Picture:
    """A close-up and a medium shot side by side: two people, uint8 [360, 800, 3], parted at column 400."""
    return np.hstack([frame(CLOSE_UP)[:, 100:500], frame(MEDIUM)[:, 120:520]])


def noise() -> Picture:
    """A picture of nothing, uint8 [360, 640, 3]."""
    return np.random.default_rng(1).integers(0, 256, (360, 640, 3)).astype(np.uint8)


def agreement(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = shared_area(one, other)
    return both / (one.width * one.height + other.width * other.height - both)


def tinted(picture: Picture, light: float, a: float) -> Picture:
    """The picture with this much added to its L* and a*."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., :2] += light, a
    return (cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255).round().clip(0, 255).astype(np.uint8)
