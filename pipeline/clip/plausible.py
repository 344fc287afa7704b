"""Faults of motion vectors that some meaning would still seem to fit: cut off, too long, too short."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.moving import FEWEST, MOVES, Sample
from pipeline.clip.vectors import Convention, Vectors
from pipeline.errors import FootageError

MOST_WRONG = 0.25
"""How far the plate's motion over that of the vectors may be from 1."""
CUT_OFF = 0.05
"""Share of the pixels without motion in the file that may move on the plate all the same."""


def check_cut_off(convention: Convention, samples: list[Sample]) -> None:
    """Raise FootageError when a channel has no negative values although what has none in the file moves on the plate.

    What moves on the plate is seen by DIS optical flow.
    """
    for channel, name in enumerate("RG"):
        if all(sample.vectors[..., channel].min() >= 0 for sample in samples) and any(
            sample.vectors[..., channel].any() for sample in samples
        ):
            moving, total = _moving_at_zero(convention, samples, channel)
            if moving > CUT_OFF * total:
                raise FootageError(
                    f"The motion vectors have no negative {name}, but {moving / total:.0%} of what has none in the "
                    "files moves on the plate: negative values were cut off on export.",
                    "Export them as half-float EXR, or leave them out: the motion is then estimated.",
                )


def _moving_at_zero(convention: Convention, samples: list[Sample], channel: int) -> tuple[int, int]:
    """How many pixels that are 0 in this channel move on the plate along it, and how many pixels there are in all."""
    moving = total = 0
    for sample in samples:
        seen = _seen_motion(convention, sample)
        if seen is not None:
            zero = sample.known & (sample.vectors[..., channel] == 0)
            moving += int((np.abs(seen[..., channel])[zero] > 2 * MOVES).sum())
            total += zero.size
    return moving, total


def check_length(convention: Convention, samples: list[Sample]) -> None:
    """Raise FootageError when the plate moves along the vectors, but much farther or less far than they say."""
    ratios: list[NDArray[np.float32]] = []
    for sample in samples:
        seen, motion = _seen_motion(convention, sample), convention.pixels(sample.vectors)
        squared = (motion**2).sum(axis=-1)
        if seen is not None:
            along = (seen * motion).sum(axis=-1) * (-1 if convention.towards == "previous" else 1)
            ratios.append((along / np.maximum(squared, 1e-6))[squared > (4 * MOVES) ** 2])
    every = np.concatenate(ratios)
    if every.size < FEWEST:
        return
    ratio = float(np.median(every))
    if abs(ratio - 1) > MOST_WRONG:
        raise FootageError(
            f"The motion vectors do not fit the plate: it moves {ratio:.2f} times as far as they say.",
            "Record them together with the plate, at one rate, or leave them out: the motion is then estimated.",
        )


def _seen_motion(convention: Convention, sample: Sample) -> Vectors | None:
    """The way between the two frames of a sample as DIS optical flow sees it, in pixels; None outside the shot."""
    frame, other = sample.pair(convention)
    if frame not in sample.plate or other not in sample.plate:
        return None
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    here, there = (sample.plate[number].astype(np.uint8) for number in (frame, other))
    return np.asarray(estimator.calc(here, there, np.zeros((*here.shape, 2), np.float32)), np.float32)
