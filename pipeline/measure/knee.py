"""Choosing a denoising strength: how far the look moves against what that costs, and the knee of the curve.

The rule, in full:

1. What a strength costs is the sum of three parts, each in the unit that we count as one fault: a fifth of the acting
   lost, flicker of the plate's own over again, half of the detail lost. Steadier or sharper than the plate is no gain.
2. What it brings is the distance from the engine look.
3. Strengths that keep less than three quarters of the acting are out. Where all do, the weakest is taken.
4. Cost and gain of the rest are divided by their largest values, the plate itself being 0 and 0. The knee is the
   strength at which gain less cost is largest, that is, the point farthest above the straight line from the plate to
   the strongest (Satopää, Albrecht, Irwin and Raghavan 2011, "Finding a kneedle in a haystack"). Of equals, the weaker.

What cannot be measured (no face, a plate that does not flicker) costs nothing.
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
    most, dearest = (max(getattr(point, name) for point in acting) for name in ("distance", "cost"))
    return max(
        sorted(acting, key=lambda point: point.strength),
        key=lambda point: (point.distance / most if most else 0.0) - (point.cost / dearest if dearest else 0.0),
    )
