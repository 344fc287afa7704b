"""Detail: how much fine structure a render has, in such a way that neither blur nor grain can win.

The luma of each clip is split into three bands at the plate's size: what a Gaussian of sigma 1 px takes away, and what
those of sigma 2 and 4 px take away beyond that (a Laplacian pyramid without its smaller pictures, Burt and Adelson
1983, "The Laplacian pyramid as a compact image code": every band has a value at every pixel, so any region can be
summed). Plain band energy can be bought with grain; these two cannot:

- *detail*: the part of a render's band that lies on the plate's, sum(plate * render) / sum(plate * plate). Grain knows
  nothing of the plate, so its share of the upper sum is zero on average, still grain as well as moving grain.
- *texture*: the part of a band that stays on the surfaces, sum(now * before) with the frame before carried along the
  plate's flow, over the same for the plate, square root. It credits what the film look adds (pores, weave) and what
  detail cannot know; grain and boiling pass from frame to frame and add nothing. A pattern that stands still in the
  picture counts only where the plate stands still too: there nobody can tell it from texture.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.measure.motion import Step
from pipeline.measure.regions import Parts, Sums, summed, within
from pipeline.motion.flow import Plane

BANDS = ("finer than 5 px", "5 to 11 px", "11 to 21 px")
"""Wavelengths between which a band lets more than half of the amplitude through, from the sigmas 1, 2 and 4 px."""
SIGMAS = (1.0, 2.0, 4.0)
LEAST_LEVEL = 0.25
"""Root mean square of a band of the plate, in levels of 255; below it the plate has nothing to keep there."""
NOTHING = "the plate has no detail there"


def bands(luma: Plane) -> Plane:
    """The three bands of a luma plane [height, width] in levels of 255: float32 [height, width, 3]."""
    blurred = [luma, *(cv2.GaussianBlur(luma, (0, 0), sigma) for sigma in SIGMAS)]
    return np.stack([fine - coarse for fine, coarse in pairwise(blurred)], axis=-1)


class DetailMeter:
    """Measures the clips of one plate side by side, frame after frame. Keeps the bands of one frame of each."""

    def __init__(self) -> None:
        self._before: tuple[Plane, ...] = ()

    def step(self, lumas: Sequence[Plane], motion: Step | None, parts: Parts) -> tuple[Sums, Sums | None]:
        """The sums of the next frame for detail and for texture, each [clips, bands + 1], the pixels last.

        lumas: float32 [height, width] in levels of 255, the plate's first. None for texture where nothing is carried.
        """
        before, self._before = self._before, tuple(bands(luma) for luma in lumas)
        plate = self._before[0]
        shared = _sums([plate * band for band in self._before], parts)
        if motion is None:
            return shared, None
        staying = [now * motion.carry(then) for now, then in zip(self._before, before, strict=True)]
        return shared, _sums(staying, within(parts, motion.seen))


def _sums(products: Sequence[Plane], parts: Parts) -> Sums:
    """By region: [clips, bands + 1], the pixels last."""
    return {
        region: np.insert(sums[:-1].reshape(len(products), len(BANDS)), len(BANDS), sums[-1], axis=1)
        for region, sums in summed(products, parts).items()
    }


def detail(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """How much of the plate's structure a clip has, 1 = all of it: mean of the bands first, then each band.

    sums: [clips, bands + 1]. Returns [bands + 1, clips], NaN for a band that the plate lacks; None when it lacks all.
    """
    ratios = _ratios(sums)
    return None if ratios is None else _headed(ratios)


def texture(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """How much structure stays on the surfaces, 1 = as much as in the plate. Shapes as for `detail`."""
    ratios = _ratios(sums)
    return None if ratios is None else _headed(np.sqrt(np.maximum(ratios, 0.0)))


def _ratios(sums: NDArray[np.float64]) -> NDArray[np.float64] | None:
    own, pixels = sums[0, :-1], sums[0, -1]
    there = own > LEAST_LEVEL**2 * pixels
    if not there.any():
        return None
    return np.divide(sums[:, :-1], own, out=np.full_like(sums[:, :-1], np.nan), where=there).T


def _headed(bands_and_clips: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([np.nanmean(bands_and_clips, axis=0), bands_and_clips])
