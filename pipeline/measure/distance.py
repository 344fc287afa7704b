"""Distance from the engine look: how far the pass has moved the picture, whether for the better or not.

Both pictures are low-passed with a Gaussian of sigma 3 px, as for flicker, so that blur and grain are no distance. What
differs then, as the root mean square in levels of 255, is what light, colour and design have moved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import Picture
from pipeline.measure.flicker import low_pass
from pipeline.measure.regions import Parts, Sums, summed

NOTHING = "the region is never there"


def distance_step(clips: Sequence[Picture], parts: Parts) -> Sums:
    """The sums of a frame, [clips, 2]: the squared difference to the plate in levels of 255 (mean of the channels),
    and the pixels. clips: the plate's picture first, uint8 RGB of one size.
    """
    plate, *others = (low_pass(clip) for clip in clips)
    planes = [np.zeros(plate.shape[:2], np.float32), *(np.square(other - plate).mean(axis=2) for other in others)]
    return {
        region: np.stack([sums[:-1], np.full(len(clips), sums[-1])], axis=1)
        for region, sums in summed(planes, parts).items()
    }


def distance(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Levels of 255 by which each clip differs from the plate, [1, clips]; None where there are no pixels."""
    return np.sqrt(sums[:, 0] / sums[:, 1])[None] if sums[0, 1] else None
