"""Which picture of a clip is frame n: pure arithmetic on exact times.

Frame n is the picture on screen at n / rate seconds after the first picture. A picture that comes up to an eighth of a
frame late still counts as on time, because containers round times and recorders jitter; seen at 24 fps that is 5 ms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

LATE = Fraction(1, 8)
"""How late a picture may come, in frames, and still be on time."""

USUAL_RATES = (
    *(Fraction(rate) for rate in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120)),
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
)
"""Rates that cameras, engines and editors use, frames a second."""

HIGHEST_RATE = Fraction(240)
"""Frames a second; what a container claims beyond this is a time base, not a rate."""


def first_number(time: Fraction, rate: Fraction) -> int:
    """The number of the first frame that shows a picture which comes up `time` seconds after the first picture."""
    return max(math.ceil(time * rate - LATE), 0)


def newest_time(number: int, rate: Fraction) -> Fraction:
    """The latest time, in seconds after the first picture, at which the picture of this frame may have come up."""
    return (number + LATE) / rate


def is_constant(times: Sequence[Fraction], rate: Fraction) -> bool:
    """Whether picture k comes up at k / rate, for all k. times: seconds after the first picture, rising."""
    return all(abs(time * rate - number) <= LATE for number, time in enumerate(times))


def constant_rate(times: Sequence[Fraction], stated: Sequence[Fraction | None]) -> Fraction | None:
    """The rate of a clip whose pictures come up evenly, or None.

    times: seconds after the first picture, rising. stated: rates that the file names, the most trusted first.
    """
    measured = [((len(times) - 1) / times[-1]).limit_denominator(1001)] if len(times) > 1 else []
    for rate in (*sensible(stated), *USUAL_RATES, *measured):
        if is_constant(times, rate):
            return rate
    return None


def conformed_rate(times: Sequence[Fraction], stated: Sequence[Fraction | None]) -> Fraction:
    """A constant rate for a clip whose pictures come up unevenly.

    The first rate on whose grid every picture has a place of its own; else the rate of the median interval.
    times: seconds after the first picture, rising, at least three.
    """
    for rate in (*USUAL_RATES, *sensible(stated)):
        if _on_grid(times, rate):
            return rate
    intervals = sorted(after - before for before, after in pairwise(times))
    return _usual(min(1 / intervals[len(intervals) // 2], USUAL_RATES[9]))


def _on_grid(times: Sequence[Fraction], rate: Fraction) -> bool:
    places = [round(time * rate) for time in times]
    near = all(abs(time * rate - place) <= LATE for time, place in zip(times, places, strict=True))
    return near and len(set(places)) == len(places)


def _usual(rate: Fraction) -> Fraction:
    """The usual rate within 2 % of `rate`, or `rate` itself as a manageable fraction."""
    nearest = min(USUAL_RATES, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) * 50 <= rate else rate.limit_denominator(1001)


def sensible(stated: Sequence[Fraction | None]) -> list[Fraction]:
    """The stated rates that can be rates at all, frames a second."""
    return [rate for rate in stated if rate is not None and 0 < rate <= HIGHEST_RATE]
