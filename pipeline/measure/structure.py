"""Structure: whether the plate's edges and silhouettes are in the render, at their place and in their direction.

At every pixel an edge is a pair of numbers: its presence, 0..1, turned to twice the angle of the luma's gradient, so
that an edge from dark to bright is the same edge as from bright to dark. Two pictures are compared by
2 sum(plate . render) / (sum(plate . plate) + sum(render . render)), the Dice coefficient of these pairs: 1 for the same
edges, 0 for unrelated ones; edges that are lost, added, moved or turned all lower it. Before, each render's contrast is
made the plate's, so a new grade does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.measure.regions import Parts, Sums, summed
from pipeline.motion.flow import Plane

EDGE_SIGMA = 2.0
"""Pixels of the blur before the gradient: edges may lie a pixel beside the plate's without losing much."""
HALF_PRESENT = 1.0
"""Gradient, in levels of 255 a pixel, at which an edge is half present: twenty times what grain of sigma 1.5 leaves."""
MOST_STRETCH = 3.0
"""A render of less than a third of the plate's contrast is not stretched further: it would be noise."""
LEAST_PRESENCE = 1e-3
"""Mean squared presence of edges; below it the plate has none to keep."""
NOTHING = "the plate has no edges there"
PARTS = ("plate's edges found", "edges that are the plate's")


def edges(luma: Plane, stretch: float) -> Plane:
    """The edges of a luma plane [height, width] in levels of 255, its contrast multiplied by `stretch`.

    float32 [height, width, 2]: presence times cosine and sine of twice the gradient's angle. With the gradient (x, y)
    that is (x x - y y, 2 x y) / (x x + y y + HALF_PRESENT squared).
    """
    soft = cv2.GaussianBlur(luma, (0, 0), EDGE_SIGMA) * np.float32(stretch)
    x, y = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    weight = x * x + y * y + np.float32(HALF_PRESENT**2)
    return np.stack([(x * x - y * y) / weight, 2 * x * y / weight], axis=-1).astype(np.float32)


def structure_step(lumas: Sequence[Plane], parts: Parts) -> Sums:
    """The sums of one frame, [clips, 3]: the clip's edges times the plate's, times themselves, and the pixels.

    lumas: float32 [height, width] in levels of 255, the plate's first.
    """
    contrasts = [float(cv2.meanStdDev(luma)[1].item()) for luma in lumas]
    stretches = (min(contrasts[0] / max(own, 1e-3), MOST_STRETCH) for own in contrasts)
    found = [edges(luma, stretch) for luma, stretch in zip(lumas, stretches, strict=True)]
    planes = [plane for own in found for plane in (own * found[0], np.square(own))]
    return {
        region: np.insert(sums[:-1].reshape(len(lumas), 2, 2).sum(axis=2), 2, sums[-1], axis=1)
        for region, sums in summed(planes, parts).items()
    }


def structure(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """[3, clips]: the Dice coefficient, the share of the plate's edges found, and of the clip's edges the plate's.

    sums: [clips, 3]. None when the plate has no edges; NaN in the last row for a clip without any.
    """
    shared, own, pixels = sums.T
    if own[0] <= LEAST_PRESENCE * pixels[0]:
        return None
    precise = np.divide(shared, own, out=np.full_like(own, np.nan), where=own > 0)
    return np.stack([2 * shared / (own[0] + own), shared / own[0], precise])
