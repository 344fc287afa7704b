"""Hands of another clip, laid over those of the plate: aligned by their landmarks, graded to what lies below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.window import Window
from pipeline.filters.grade import regraded
from pipeline.filters.stream import Scene, Stream, windows
from pipeline.frames import FloatPicture, Picture
from pipeline.people.hands import hand_mask, palm
from pipeline.people.landmarks import HandPoints
from pipeline.recipe.filters import ReferenceHands

HELD = 16
"""Frames of the reference that are kept at hand."""
REACH = 1
"""Frames that are seen before and after one."""
WEIGHTS = {-1: 0.25, 0: 0.5, 1: 0.25}
"""How landmarks are averaged with those of the frames beside, so that the laid hand does not tremble."""
NEAR = 2.0
"""Two hands of neighbouring frames whose palms are nearer than this, in sizes, are one."""
LEAST_SPREAD, MOST_STRETCH = 4.0, 1.6
"""Levels of 255, and times: a plain hand has hardly any spread, and noise would be pulled up."""

Found = Callable[[int], Sequence[HandPoints]]


def with_reference_hands(stream: Stream, settings: ReferenceHands, scene: Scene) -> Stream:
    """The stream with the reference's hands over the plate's. Raises FootageError when the reference cannot be read."""
    shot = probe(Path(settings.clip))
    window = Window(lambda frames: read_frames(shot, frames), shot.frames, HELD)

    @lru_cache(maxsize=HELD)
    def theirs(number: int) -> Sequence[HandPoints]:
        return scene.hands(window.frame(number).pixels) if number in shot.frames else ()

    @lru_cache(maxsize=HELD)
    def ours(number: int) -> Sequence[HandPoints]:
        return scene.hands(scene.plate(number))

    for part in windows(stream, REACH, scene.cuts):
        moment, beside = part.moment, [one.number for one in part.moments]
        there, pixels = moment.number + settings.offset, moment.pixels
        if there in shot.frames:
            picture = window.frame(there).pixels
            around = [number + settings.offset for number in beside]
            for here, reference in pairs(steadied(ours, moment.number, beside), steadied(theirs, there, around)):
                pixels = laid_over(pixels, picture, here, reference, settings)
        yield moment.with_pixels(pixels)


def steadied(found: Found, number: int, frames: Sequence[int]) -> list[HandPoints]:
    """The hands of a frame, each averaged with itself in those of `frames` beside it that show it."""
    hands = list[HandPoints]()
    for points in found(number):
        total, weight = WEIGHTS[0] * points, WEIGHTS[0]
        for step in (-1, 1):
            near = found(number + step) if number + step in frames else ()
            beside = [other for other in near if _one(points, other)]
            if beside:
                total, weight = total + WEIGHTS[step] * beside[0], weight + WEIGHTS[step]
        hands.append((total / weight).astype(np.float32))
    return hands


def pairs(ours: Sequence[HandPoints], theirs: Sequence[HandPoints]) -> list[tuple[HandPoints, HandPoints]]:
    """Which hand of the reference belongs to which of the plate: those that lie and turn most alike once both sets of
    hands are laid over each other.
    """
    from scipy.optimize import linear_sum_assignment

    if not ours or not theirs:
        return []
    places = [np.array([(palm(p).x, palm(p).y) for p in hands]) for hands in (ours, theirs)]
    sizes = [np.mean([palm(p).size for p in hands]) for hands in (ours, theirs)]
    own, other = (
        (at - at.mean(axis=0)) / size if len(ours) == len(theirs) else at / size
        for at, size in zip(places, sizes, strict=True)
    )
    costs = np.linalg.norm(own[:, None] - other[None], axis=2)
    return [(ours[a], theirs[b]) for a, b in zip(*linear_sum_assignment(costs), strict=True)]


def laid_over(
    pixels: FloatPicture, picture: Picture, here: HandPoints, there: HandPoints, settings: ReferenceHands
) -> FloatPicture:
    """A picture with one hand of a reference picture over it, moved, turned and resized onto the landmarks `here`."""
    height, width = pixels.shape[:2]
    matrix = similarity(there[:, :2] - 0.5, here[:, :2] - 0.5)
    mask = hand_mask(there, (picture.shape[1], picture.shape[0]))
    size = (width, height)
    hand = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    graded = _graded(hand.astype(np.float32) / 255, pixels, alpha > 0.5, settings.match)
    sigma = settings.feather * palm(here).size
    if sigma > 0:
        rim = max(round(sigma), 1)
        alpha = cv2.GaussianBlur(cv2.erode(alpha, np.ones((2 * rim + 1, 2 * rim + 1))), (0, 0), sigma)
    return (pixels + alpha[..., None].astype(np.float32) * (graded - pixels)).astype(np.float32)


def similarity(source: NDArray[np.floating], to: NDArray[np.floating]) -> NDArray[np.float64]:
    """Shift, turn and change of size, float64 [2, 3], that bring points [n, 2] nearest to others (Umeyama 1991)."""
    a, b = source.mean(axis=0), to.mean(axis=0)
    one = (source - a).astype(np.float64) @ np.array([1, 1j])
    other = (to - b).astype(np.float64) @ np.array([1, 1j])
    turn = np.vdot(one, other) / np.vdot(one, one)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, b - matrix @ a])


def _graded(hand: FloatPicture, below: FloatPicture, inside: NDArray[np.bool_], match: float) -> FloatPicture:
    """The hand with the mean and spread of the colours that lie below it (Reinhard et al. 2001, in Lab)."""
    if not inside.any() or match == 0:
        return hand
    lab, under = (cv2.cvtColor(p.clip(0, 1), cv2.COLOR_RGB2LAB) for p in (hand, below))
    own, wanted = ((p[inside].mean(axis=0), p[inside].std(axis=0)) for p in (lab, under))
    graded = regraded(lab, own, wanted, LEAST_SPREAD / 2.55, (1 / MOST_STRETCH, MOST_STRETCH))
    return hand + match * (graded - hand)


def _one(points: HandPoints, other: HandPoints) -> bool:
    a, b = palm(points), palm(other)
    return bool(np.hypot(a.x - b.x, a.y - b.y) < NEAR * a.size)
