"""Choosing a denoising strength: how far the look moves against what that costs, and the knee of the curve.

The rule, in full:

1. What a strength costs is the sum of three parts, each in the unit that we count as one fault: a fifth of the acting
   lost, flicker of the plate's own over again, half of the detail lost. Steadier or sharper than the plate is no gain.
2. What it brings is the distance from the engine look.
3. Strengths that keep less than three quarters of the acting are out. Where all do, the weakest is taken.
4. Cost and gain of the rest are put on a scale from their least to their largest values. The knee is the strength at
   which gain less cost is largest, that is, the point farthest above the straight line from the weakest to the
   strongest (Satopää, Albrecht, Irwin and Raghavan 2011, "Finding a kneedle in a haystack"). Of equals, the weaker.

The line does not begin at the plate: what a model costs at any strength, as an autoencoder costs detail, is no reason
to go to the strongest. What cannot be measured (no face, a plate that does not flicker) costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ACTING_FAULT, FLICKER_FAULT, DETAIL_FAULT = 0.2, 1.0, 0.5
"""Share of the acting lost, flicker above the plate's own over the plate's own, share of the detail lost."""
LEAST_ACTING = 0.75
"""Timing and strength of what moves, as `expression kept`."""


@dataclass(frozen=True)
class Point:
    """What a probe of one strength has shown.

    strength: denoising strength, 0..1. distance: from the engine look, levels of 255. acting: expression kept, 1 = all.
    flicker: times the plate's own. detail: times the plate's own. None where it cannot be said.
    """

    strength: float
    distance: float
    acting: float | None
    flicker: float | None
    detail: float | None

    @property
    def cost(self) -> float:
        """In faults."""
        acting = 0.0 if self.acting is None else max(1 - self.acting, 0) / ACTING_FAULT
        flicker = 0.0 if self.flicker is None else max(self.flicker - 1, 0) / FLICKER_FAULT
        detail = 0.0 if self.detail is None else max(1 - self.detail, 0) / DETAIL_FAULT
        return acting + flicker + detail

    @property
    def acts(self) -> bool:
        """Whether enough of the acting is left."""
        return self.acting is None or self.acting >= LEAST_ACTING


def knee(points: Sequence[Point]) -> Point:
    """The strength to take, of at least one that was tried, by the rule above."""
    acting = [point for point in points if point.acts]
    if not acting:
        return min(points, key=lambda point: point.strength)
    in_order = sorted(acting, key=lambda point: point.strength)
    gains, costs = (_scaled([getattr(point, name) for point in in_order]) for name in ("distance", "cost"))
    above = [gain - cost for gain, cost in zip(gains, costs, strict=True)]
    return in_order[above.index(max(above))]


def _scaled(values: Sequence[float]) -> list[float]:
    """From the least, 0, to the largest, 1; all 0 where they are the same."""
    least, span = min(values), max(values) - min(values)
    return [(value - least) / span if span else 0.0 for value in values]
