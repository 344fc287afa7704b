"""The trade-off of denoising strengths as a picture: what each brings against what it costs, and the knee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.frames import Picture
from pipeline.measure.knee import Point

WIDTH, HEIGHT = 720, 380
"""Pixels of one curve's picture."""
LEFT, RIGHT, TOP, BOTTOM = 78, 30, 56, 58
PAPER, QUIET, INK, CURVE, KNEE = (30, 30, 30), (110, 110, 110), (232, 232, 232), (116, 174, 222), (224, 170, 85)
"""Colours, RGB."""
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class TradeOff:
    """What was tried for one part of the picture. name: in an artist's words. points: by strength. chosen: the knee."""

    name: str
    points: tuple[Point, ...]
    chosen: Point


def picture_of(curves: Sequence[TradeOff]) -> Picture:
    """The curves below each other, uint8 RGB. Across: what it costs, in faults; up: distance from the engine look."""
    return np.concatenate([_drawn(curve) for curve in curves]) if curves else np.zeros((0, WIDTH, 3), np.uint8)


def _drawn(curve: TradeOff) -> Picture:
    picture = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    most = max(point.distance for point in curve.points) or 1.0
    dearest = max(point.cost for point in curve.points) or 1.0

    def at(cost: float, distance: float) -> tuple[int, int]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * cost / dearest
        return round(x), round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * distance / most)

    cv2.rectangle(picture, at(0, most), at(dearest, 0), QUIET, 1)
    places = [at(point.cost, point.distance) for point in curve.points]
    acting = [place for point, place in zip(curve.points, places, strict=True) if point.acts]
    if acting:
        cv2.line(picture, acting[0], acting[-1], QUIET, 1, cv2.LINE_AA)
    cv2.polylines(picture, [np.array([at(0, 0), *places], np.int32)], False, CURVE, 2, cv2.LINE_AA)
    for point, place in zip(curve.points, places, strict=True):
        colour = KNEE if point == curve.chosen else CURVE if point.acts else QUIET
        cv2.circle(picture, place, 9 if point == curve.chosen else 5, colour, -1, cv2.LINE_AA)
        side = -52 if place[0] > WIDTH - 110 else 12
        _write(picture, f"{point.strength:.2f}", (place[0] + side, place[1] + 20), colour)
    _write(picture, f"{curve.name}: {curve.chosen.strength:.2f}", (LEFT, 32), INK)
    _write(picture, "what it costs, in faults", (LEFT, HEIGHT - 12), QUIET)
    _write(picture, f"{dearest:.1f}", (WIDTH - RIGHT - 30, HEIGHT - BOTTOM + 22), QUIET)
    _write(picture, f"{most:.1f}", (14, TOP + 12), QUIET)
    _write(picture, "levels from the engine look", (LEFT + 10, TOP + 20), QUIET)
    return picture


def _write(picture: Picture, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, place, FONT, 0.5, colour, 1, cv2.LINE_AA)
