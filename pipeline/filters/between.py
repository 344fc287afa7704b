"""A frame between two others, drawn along the flow between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import FloatPicture, Flow, Picture
from pipeline.motion.flow import estimate_both, fetch, places

ROUNDS = 3
"""How often a place between is looked up again: after three the flow there has settled on the shots tried."""
HIDDEN = 1e-3
"""Weight of a pixel that is to be seen in one frame alone, in the frame where it is hidden."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures, float32 RGB in 0..1 of one size, and the flow between them, which is found when first needed."""

    a: FloatPicture
    b: FloatPicture

    @cached_property
    def flows(self) -> tuple[Flow, Flow]:
        """From `a` to `b` and from `b` to `a`."""
        return estimate_both(_bytes(self.a), _bytes(self.b), 0, 1)

    def at(self, share: float) -> FloatPicture:
        """The picture at `share` of the way from `a` to `b`.

        What is hidden in one of them is taken from the other; where neither is sure both are mixed.
        """
        forth, back = self.flows
        from_a = _settled(forth, share)
        from_b = _settled(back, 1 - share)
        in_a, weight_a = _fetched(self.a, forth.seen, from_a, 1 - share)
        in_b, weight_b = _fetched(self.b, back.seen, from_b, share)
        return ((weight_a * in_a + weight_b * in_b) / (weight_a + weight_b)).astype(np.float32)


def between(a: FloatPicture, b: FloatPicture, share: float) -> FloatPicture:
    """The picture at `share` of the way from `a` to `b`, as `Pair.at` draws it."""
    return Pair(a, b).at(share)


def _settled(flow: Flow, share: float) -> NDArray[np.float32]:
    """From each pixel of the frame between to its content in the flow's own frame: the fixed point of -share * flow."""
    vectors = -share * flow.vectors
    for _ in range(ROUNDS):
        vectors = -share * fetch(flow.vectors, places(vectors))
    return vectors.astype(np.float32)


def _fetched(
    picture: FloatPicture, seen: NDArray[np.bool_], vectors: NDArray[np.float32], nearness: float
) -> tuple[FloatPicture, NDArray[np.float32]]:
    at = places(vectors)
    sure = fetch(seen.astype(np.float32), at)[..., None]
    return fetch(picture, at, "lanczos"), nearness * (sure + HIDDEN)


def _bytes(picture: FloatPicture) -> Picture:
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)
