"""One render going over into another: how much of each frame is whose, and layers and mattes mixed by it."""

from __future__ import annotations

import numpy as np

from pipeline.frames import FrameRange, Layer, Mask

SEAM = 3
"""Frames of a redone stretch, at each end of it, over which it comes and goes: a quarter, a half, three quarters.

At 24 frames a second an eighth of a second: long enough that a lower strength does not jump, and short enough that two
renders of one face are not seen through each other for long. Frozen: it decides pixels of versions that exist.
"""


def share_of(frame: int, stretch: FrameRange, whole: FrameRange, setup: FrameRange) -> float:
    """How much of a frame is the redone stretch's, 0..1; the rest is the old version's.

    whole: the version. setup: the frames from cut to cut that the frame lies in: at a cut, and at an end of the
    version, nothing is crossed. A stretch that is too short for two crossings has shorter ones.
    """
    if frame not in stretch:
        return 0.0
    seam = min(SEAM, (len(stretch) - 1) // 2)
    hard = stretch.first in (whole.first, setup.first), stretch.last in (whole.last, setup.last)
    ends = (frame - stretch.first + 1, stretch.last - frame + 1)
    return min(1.0 if cut else min(at / (seam + 1), 1.0) for cut, at in zip(hard, ends, strict=True))


def mixed_layer(old: Layer | None, new: Layer | None, share: float) -> Layer:
    """Two layers of one pass and frame mixed, `share` of the new one; one that is not there fades. One is there.

    Premultiplied colours and alpha are mixed linearly, so that what is laid over goes over evenly.
    """
    known = [(layer, part) for layer, part in ((old, 1 - share), (new, share)) if layer is not None]
    one = known[0][0]
    pixels, alpha = np.zeros_like(one.pixels), np.zeros_like(one.alpha)
    for layer, part in known:
        pixels += np.float32(part) * layer.pixels
        alpha += np.float32(part) * layer.alpha
    return Layer(one.frame, one.pass_name, pixels, alpha)


def mixed_matte(old: Mask | None, new: Mask | None, share: float) -> Mask:
    """Two mattes of one frame mixed, `share` of the new one; one that is not there is empty. One is there."""
    known = [(mask, part) for mask, part in ((old, 1 - share), (new, share)) if mask is not None]
    summed = np.zeros(known[0][0].shape, np.float64)
    for mask, part in known:
        summed += part * mask
    return np.round(summed).astype(np.uint8)
