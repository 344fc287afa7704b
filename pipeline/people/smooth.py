"""Curves without jitter and without delay: the whole run of a curve is known, so it is looked at from both ends."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
"""float64 [frames] or [frames, channels]."""

SPEED_CUTOFF = 1.0
"""Hertz. The One Euro filter's own cutoff for the speed, as its authors set it."""
OUTLIER_WINDOW = 3
"""Frames on each side that a value is compared with."""
OUTLIER = 3.0
"""Deviations, estimated from the median absolute deviation, beyond which a value is taken for a slip of the finder."""
DEVIATIONS = 1.4826
"""Median absolute deviation -> standard deviation, for normally distributed values."""


def without_outliers(values: Curve, least: float | Curve) -> Curve:
    """The curve [frames, channels] with slips of single frames put on the median of their neighbours (Hampel 1974).

    least: the smallest deviation, in the curve's unit, that counts as a slip, for each channel or one for all. The
    neighbours' trend is no slip: a value is compared with the line through the frame before and the one after, too.
    """
    count = len(values)
    if count < 2 * OUTLIER_WINDOW + 1:
        return values
    windows = np.stack([values[np.clip(np.arange(count) + d, 0, count - 1)] for d in range(-OUTLIER_WINDOW, 4)])
    middle = np.median(windows, axis=0)
    spread = DEVIATIONS * np.median(np.abs(windows - middle), axis=0)
    line = (windows[OUTLIER_WINDOW - 1] + windows[OUTLIER_WINDOW + 1]) / 2
    far = np.minimum(np.abs(values - middle), np.abs(values - line))
    slip = far > np.maximum(OUTLIER * spread, least)
    slip[[0, -1]] = False
    return np.where(slip, middle, values)


def steadied(values: Curve, rate: float, cutoff: float, beta: float) -> Curve:
    """The curve [frames, channels] after a One Euro filter run forwards and one run backwards, averaged.

    The filter (Casiez, Roussel and Vogel 2012) smooths what is still and follows what is fast; what one direction lags
    behind, the other runs ahead. The ends are continued by their mirror image through the end point, so that a face
    that moves there keeps moving. rate: frames a second. cutoff: hertz, for what is still. beta: hertz per unit and
    second of speed.
    """
    if len(values) < 3:
        return values
    margin = min(len(values) - 1, math.ceil(rate))
    head = 2 * values[0] - values[margin:0:-1]
    tail = 2 * values[-1] - values[-2 : -margin - 2 : -1]
    long = np.concatenate([head, values, tail])
    both = (_one_euro(long, rate, cutoff, beta) + _one_euro(long[::-1], rate, cutoff, beta)[::-1]) / 2
    return both[margin : margin + len(values)]


def _one_euro(values: Curve, rate: float, cutoff: float, beta: float) -> Curve:
    smooth, speed = values.copy(), np.zeros_like(values[0])
    share = _share(np.float64(SPEED_CUTOFF), rate)
    for at in range(1, len(values)):
        speed += share * ((values[at] - values[at - 1]) * rate - speed)
        follow = _share(cutoff + beta * np.abs(speed), rate)
        smooth[at] = smooth[at - 1] + follow * (values[at] - smooth[at - 1])
    return smooth


def _share(cutoff: NDArray[np.float64] | np.float64, rate: float) -> NDArray[np.float64] | np.float64:
    """How far a first-order low-pass of this cutoff (hertz) moves towards a new value."""
    return 1 / (1 + rate / (2 * math.pi * cutoff))


def averaged(values: Curve, reach: int) -> Curve:
    """The mean over `reach` frames on each side, the ends continued by their last value; [frames] or more."""
    if len(values) == 0:
        return values
    long = np.concatenate([values[:1].repeat(reach, 0), values, values[-1:].repeat(reach, 0)])
    sums = np.cumsum(np.concatenate([np.zeros_like(long[:1]), long]), axis=0)
    return (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)


def held_above(values: Curve, reach: int) -> Curve:
    """A slow curve [frames] that nowhere lies below `values`: the highest value around, averaged as far around."""
    if len(values) == 0:
        return values
    long = np.concatenate([np.full(reach, -np.inf), values, np.full(reach, -np.inf)])
    highest = np.lib.stride_tricks.sliding_window_view(long, 2 * reach + 1).max(axis=1)
    edges = np.concatenate([np.full(reach, highest[0]), highest, np.full(reach, highest[-1])])
    return averaged(edges, reach)[reach : reach + len(values)]


def switched(values: Curve, on: float, off: float) -> NDArray[np.bool_]:
    """Hysteresis: True from where the curve [frames] reaches `on` until it falls below `off`."""
    state = np.zeros(len(values), bool)
    now = False
    for at, value in enumerate(values):
        now = value >= (off if now else on)
        state[at] = now
    return state


def joined_angles(degrees: Curve) -> Curve:
    """Angles without the step from 180 to -180."""
    return np.degrees(np.unwrap(np.radians(degrees)))
