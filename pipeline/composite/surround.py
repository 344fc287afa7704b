"""Layers graded to what lies around them: the colours along a layer's rim are brought to those that they cover.

Mean and spread in CIE Lab (Reinhard et al. 2001), measured along the rim alone: there a layer meets its surround, and
there both show the same things. They are averaged over the frames around, for each person by themselves and never
across a cut, so that a layer's grade does not flicker.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip.window import Window
from pipeline.composite.over import blended, merged
from pipeline.filters.grade import Grade, regraded
from pipeline.frames import Box, FloatPicture, Frame, FrameRange, Layer

RIM = 0.25
"""How deep the rim reaches into a layer, as a share of the square root of its area; it counts less with its depth."""
LEAST = 64.0
"""Pixels of the rim from which it says something."""
SECONDS = 0.5
"""How far before and after a frame its grade is averaged; the frames count by a Gaussian of half that deviation."""


@dataclass(frozen=True, eq=False)
class Rim:
    """The colours along the rim of a layer: its own, and those that it covers."""

    own: Grade
    below: Grade


@dataclass(frozen=True, eq=False)
class Stacked:
    """A pass among those that are laid over each other.

    match: 0..1, how far its colours go towards what it covers. layers: its finished layers in a frame by person, in
    the order they are laid over; None is everyone.
    """

    match: float
    layers: Callable[[Frame], Mapping[str | int | None, Layer]]


class Stack:
    """The passes of some frames that are delivered together, bottom first. Not thread-safe.

    read: the plate's frames of a range in order. frames: all of them are finished; a grade is averaged over no others.
    setup: the frames from cut to cut that a frame lies in. rate: frames a second.
    """

    def __init__(
        self,
        passes: Sequence[Stacked],
        read: Callable[[FrameRange], Iterator[Frame]],
        frames: FrameRange,
        setup: Callable[[int], FrameRange],
        rate: Fraction,
    ) -> None:
        self._passes, self._frames, self._setup = passes, frames, setup
        self._reach = max(round(SECONDS * float(rate)), 1)
        graded = sum(one.match > 0 for one in passes)
        self._window = Window(read, frames, max(graded - 1, 0) * self._reach + 2)
        self._rims: OrderedDict[tuple[int, int], Mapping[str | int | None, Rim]] = OrderedDict()
        self._limit = graded * (4 * self._reach + 2)

    def layers(self, frame: Frame) -> list[Layer]:
        """The layers of a frame, one a pass, bottom first; a pass whose region is not in the frame has none."""
        return self._below(len(self._passes), frame)

    def _below(self, count: int, frame: Frame) -> list[Layer]:
        """The layers of the first `count` passes."""
        laid = list[Layer]()
        for at, one in enumerate(self._passes[:count]):
            layers = one.layers(frame)
            if layers:
                laid.append(merged([self._graded(at, frame.number, who, layer) for who, layer in layers.items()]))
        return laid

    def _graded(self, at: int, number: int, who: str | int | None, layer: Layer) -> Layer:
        match = self._passes[at].match
        if match == 0:
            return layer
        around, setup = range(number - self._reach, number + self._reach + 1), self._setup(number)
        seen = {n: self._seen(at, n) for n in around if n in setup and n in self._frames}
        rims = {n: rims[who] for n, rims in seen.items() if who in rims}
        return matched(layer, averaged(rims, number, self._reach / 2), match) if rims else layer

    def _seen(self, at: int, number: int) -> Mapping[str | int | None, Rim]:
        """The rims of a pass in a frame by person."""
        if (at, number) not in self._rims:
            frame = self._window.frame(number)
            below = blended(frame.pixels, self._below(at, frame))
            found = {who: rim_of(layer, below) for who, layer in self._passes[at].layers(frame).items()}
            self._rims[at, number] = {who: rim for who, rim in found.items() if rim is not None}
            while len(self._rims) > self._limit:
                self._rims.popitem(last=False)
        return self._rims[at, number]


def rim_of(layer: Layer, below: FloatPicture) -> Rim | None:
    """The colours along the rim of a layer over a picture of its size, 0..1; None where there is hardly any of it."""
    box = Box(*cv2.boundingRect((layer.alpha > 0).astype(np.uint8)))
    alpha = box.cut(layer.alpha)
    inner = (alpha > alpha.max(initial=0) / 2).astype(np.uint8)
    inside = cv2.copyMakeBorder(inner, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    reach = RIM * float(np.sqrt(alpha.sum(dtype=np.float64)))
    weights = alpha * (1 - depth / max(reach, 1.0)).clip(0, 1)
    if weights.sum(dtype=np.float64) < LEAST:
        return None
    return Rim(_grade(_straight(layer, box), weights), _grade(box.cut(below), weights))


def averaged(rims: Mapping[int, Rim], number: int, sigma: float) -> Rim:
    """The mean of rims by frame, at least one, around a frame: Gaussian weights of this deviation in frames."""
    shares = np.exp(-0.5 * ((np.array(list(rims)) - number) / sigma) ** 2)
    shares = shares / shares.sum()

    def mean(grades: list[Grade]) -> Grade:
        middles, spreads = (np.array([grade[of] for grade in grades], np.float64) for of in (0, 1))
        spread = np.exp(shares @ np.log(np.maximum(spreads, 1e-3)))
        return (shares @ middles).astype(np.float32), spread.astype(np.float32)

    return Rim(mean([rim.own for rim in rims.values()]), mean([rim.below for rim in rims.values()]))


def matched(layer: Layer, rim: Rim, match: float) -> Layer:
    """The layer with its colours moved from those of its rim towards those that the rim covers. match: 0..1."""
    box = Box(*cv2.boundingRect((layer.alpha > 0).astype(np.uint8)))
    straight, alpha = _straight(layer, box), box.cut(layer.alpha)[..., None]
    graded = regraded(cv2.cvtColor(straight.clip(0, 1), cv2.COLOR_RGB2LAB), rim.own, rim.below)
    pixels = layer.pixels.copy()
    box.cut(pixels)[:] = alpha * (straight + match * (graded - straight))
    return Layer(layer.frame, layer.pass_name, pixels, layer.alpha)


def _straight(layer: Layer, box: Box) -> FloatPicture:
    """The colours of a layer in a box, not premultiplied; black where there is nothing."""
    pixels, alpha = box.cut(layer.pixels), box.cut(layer.alpha)[..., None]
    return np.divide(pixels, alpha, out=np.zeros_like(pixels), where=alpha > 0)


def _grade(pixels: FloatPicture, weights: NDArray[np.float32]) -> Grade:
    """Weighted mean and deviation of L, a and b."""
    lab = cv2.cvtColor(np.ascontiguousarray(pixels).clip(0, 1), cv2.COLOR_RGB2LAB).astype(np.float64)
    shares = (weights / weights.sum(dtype=np.float64))[..., None].astype(np.float64)
    mean = (shares * lab).sum((0, 1))
    spread = np.sqrt((shares * (lab - mean) ** 2).sum((0, 1)))
    return mean.astype(np.float32), spread.astype(np.float32)
