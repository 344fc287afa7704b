"""How one curve follows another: timing, strength, and both in one figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
"""float64 [n]: one number for each frame."""

FEWEST_FRAMES = 8
"""With fewer frames a correlation says nothing."""


@dataclass(frozen=True)
class Figure:
    """One measured number beside the same number for the ceiling copy of the plate.

    reason: why there is no value, in an artist's words; empty when there is one.
    """

    value: float | None
    ceiling: float | None
    reason: str = ""


class Likeness(NamedTuple):
    """How a curve follows the plate's. None where it cannot be said.

    correlation: Pearson's, -1..1: the timing. gain: the strength, 1 = as in the plate.
    concordance: 2 cov / (var + var), Lin 1989 ("A concordance correlation coefficient to evaluate reproducibility")
    without the means: 1 only for the same timing and the same strength, 0 for a curve that stands still.
    """

    correlation: float | None
    gain: float | None
    concordance: float | None


def joined(pairs: Iterable[tuple[Curve, Curve]]) -> tuple[Curve, Curve]:
    """The first curves of all pairs and the second ones, where both are known (not NaN): [n] each.

    Every curve's own mean is taken away first, so that neither a cut nor a second person looks like acting.
    """
    ours, theirs = [np.empty(0)], [np.empty(0)]
    for one, other in pairs:
        both = np.isfinite(one) & np.isfinite(other)
        if both.any():
            ours.append(one[both] - one[both].mean())
            theirs.append(other[both] - other[both].mean())
    return np.concatenate(ours), np.concatenate(theirs)


def likeness(plate: Curve, other: Curve) -> Likeness:
    """How `other` follows `plate`, both [n] with their means taken away.

    The gain is the least-squares slope through the means with the plate as x. A fit that weighs outliers down would
    throw away the blinks, which are rare and large.
    """
    own, others, shared = float(plate @ plate), float(other @ other), float(plate @ other)
    if own == 0:
        return Likeness(None, None, None)
    correlation = shared / np.sqrt(own * others) if others > 0 else None
    return Likeness(None if correlation is None else float(correlation), shared / own, 2 * shared / (own + others))


def amplitude(curve: Curve) -> float:
    """From the 2nd to the 98th percentile: how far a curve moves, in its own unit."""
    low, high = np.percentile(curve, (2, 98))
    return float(high - low)
