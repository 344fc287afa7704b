"""OpenPose's picture of a body: eighteen joints as dots, seventeen limbs as flat ellipses, each in a colour of its own.

Order, colours and sizes are what ControlNets for poses were trained on: the joints of the COCO layout of OpenPose (Cao
et al. 2019), hues in steps of 20 degrees, limbs at 60 % of their full brightness, all 4 pixels wide on either side.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture

NOSE, NECK = 0, 1
RIGHT_ARM, LEFT_ARM, RIGHT_LEG, LEFT_LEG = (2, 3, 4), (5, 6, 7), (8, 9, 10), (11, 12, 13)
RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR = 14, 15, 16, 17
LIMBS = (
    (NECK, RIGHT_ARM[0]),
    (NECK, LEFT_ARM[0]),
    RIGHT_ARM[:2],
    RIGHT_ARM[1:],
    LEFT_ARM[:2],
    LEFT_ARM[1:],
    (NECK, RIGHT_LEG[0]),
    RIGHT_LEG[:2],
    RIGHT_LEG[1:],
    (NECK, LEFT_LEG[0]),
    LEFT_LEG[:2],
    LEFT_LEG[1:],
    (NECK, NOSE),
    (NOSE, RIGHT_EYE),
    (RIGHT_EYE, RIGHT_EAR),
    (NOSE, LEFT_EYE),
    (LEFT_EYE, LEFT_EAR),
)
"""The joints that each limb joins. The n-th limb has the n-th joint's hue."""
JOINTS = 18
HALF_WIDTH = 4
"""Pixels: half the width of a limb, and the radius of a joint."""
LIMB_LIGHT = 0.6


def hue(number: int) -> tuple[int, int, int]:
    """The colour of the n-th joint: red, then round the circle of hues in steps of 20 degrees, as RGB bytes."""
    red, green, blue = colorsys.hsv_to_rgb(number / JOINTS, 1, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_bodies(bodies: Sequence[NDArray[np.float32]], width: int, height: int) -> Picture:
    """uint8 RGB [height, width, 3]: each body (float32 [18, 2], shares of the sides, nan = not seen) as a skeleton.

    Points outside the picture are left out, together with the limbs that end in them.
    """
    canvas = np.zeros((height, width, 3), np.uint8)
    for points in bodies:
        places = points * np.array([width, height], np.float32)
        inside = ((points >= 0) & (points < 1)).all(axis=1)
        for number, (start, end) in enumerate(LIMBS):
            if inside[start] and inside[end]:
                _limb(canvas, places[start], places[end], hue(number))
        for number in np.flatnonzero(inside):
            at = (int(places[number, 0]), int(places[number, 1]))
            cv2.circle(canvas, at, HALF_WIDTH, hue(int(number)), thickness=-1)
    return canvas


def _limb(canvas: Picture, start: NDArray[np.float32], end: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    """An ellipse with its tips in both joints."""
    middle, along = (start + end) / 2, start - end
    half = (int(math.hypot(*along) / 2), HALF_WIDTH)
    angle = int(math.degrees(math.atan2(along[1], along[0])))
    outline = cv2.ellipse2Poly((int(middle[0]), int(middle[1])), half, angle, 0, 360, 1)
    dark = tuple(int(value * LIMB_LIGHT) for value in colour)
    cv2.fillConvexPoly(canvas, np.asarray(outline, np.int32), dark)
