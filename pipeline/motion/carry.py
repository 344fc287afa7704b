"""Key frames, and carrying the look of one frame to another along the plate's flow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.frames import Flow, FrameRange
from pipeline.motion.flow import fetch, places
from pipeline.motion.steady import KNOWN, Look

SPREAD_SIGMA = 16.0
"""Pixels over which a look is guessed where nothing is known of it."""
FAINT = 1e-3
"""Weight below which nothing near enough is known to guess from."""


@dataclass(frozen=True)
class KeyFrames:
    """The key frames around a frame. share: how far it is on the way from one to the other, 0..1.

    before: itself when the frame is a key frame. after: None behind the last key frame of the set-up.
    """

    before: int
    after: int | None
    share: float


def key_frames(frame: int, every: int, setup: FrameRange) -> KeyFrames:
    """The key frames around `frame`: the first frame of its set-up and the multiples of `every` in it.

    The grid is absolute: a frame has the same key frames whatever is rendered.
    """
    before = max(frame // every * every, setup.first)
    after = (frame // every + 1) * every
    if after not in setup:
        return KeyFrames(before, None, 0.0)
    return KeyFrames(before, after, (frame - before) / (after - before))


def carried(look: Look, flow: Flow) -> Look:
    """The look of frame `flow.to`, moved to where its surfaces lie in `flow.frame`; known where they are seen there."""
    at = places(flow.vectors)
    known = fetch(look.known.astype(np.float32), at) > KNOWN
    return Look(fetch(look.change, at), known & flow.seen)


def blended(looks: Iterable[tuple[Look, float]]) -> Look:
    """The mean of looks of one frame, each counting by its share where it is known; 0 and unknown where none is."""
    total, weight = None, None
    for look, share in looks:
        counts = look.known * np.float32(share)
        total = look.change * counts[..., None] + (0 if total is None else total)
        weight = counts + (0 if weight is None else weight)
    if total is None or weight is None:
        raise ValueError("a blend of no looks")
    known = weight > 0
    change = np.divide(total, weight[..., None], out=np.zeros_like(total), where=known[..., None])
    return Look(change, known)


def spread(look: Look) -> Look:
    """The look, with a guess where it is unknown: the mean of what is known around (normalised convolution, Knutsson
    and Westin 1993). It fades to no change at all far from anything known. What is known stays as it is.
    """
    known = look.known.astype(np.float32)
    near = cv2.GaussianBlur(known, (0, 0), SPREAD_SIGMA)
    mean = cv2.GaussianBlur(look.change * known[..., None], (0, 0), SPREAD_SIGMA) / (near + FAINT)[..., None]
    return Look(np.where(look.known[..., None], look.change, mean).astype(np.float32), look.known)
