"""The normal numbers that torch draws on a CUDA device, computed anywhere: Auto1111's pictures were made with them.

Philox 4x32 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): four counters are mixed
under a key of two numbers. torch gives every number of a tensor a counter of its own and every draw the next offset,
and turns the first two results into one normal number (Box and Muller 1958).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_STEPS = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
UNIT = 2.0**-32

Words = NDArray[np.uint32]


def philox_normal(seed: int, draw: int, count: int) -> NDArray[np.float32]:
    """`count` standard normal numbers: the draw 0, 1, ... after `torch.manual_seed(seed)` on a CUDA device."""
    zeros = np.zeros(count, np.uint32)
    counters = (zeros + np.uint32(draw), zeros, np.arange(count, dtype=np.uint32), zeros)
    first, second, *_ = mixed(counters, (np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32 & 0xFFFFFFFF)))
    radius = np.sqrt(-2 * np.log(first * UNIT + UNIT / 2))
    return (radius * np.sin(2 * np.pi * (second * UNIT + UNIT / 2))).astype(np.float32)


def mixed(counters: tuple[Words, Words, Words, Words], key: tuple[np.uint32, np.uint32]) -> tuple[Words, ...]:
    """The counters after ten rounds under the key."""
    a, b, c, d = counters
    left, right = (np.array([part]) for part in key)
    for _ in range(ROUNDS):
        high_a, low_a = _product(a, MULTIPLIERS[0])
        high_c, low_c = _product(c, MULTIPLIERS[1])
        a, b, c, d = high_c ^ b ^ left, low_c, high_a ^ d ^ right, low_a
        left, right = left + KEY_STEPS[0], right + KEY_STEPS[1]
    return a, b, c, d


def _product(words: Words, multiplier: np.uint64) -> tuple[Words, Words]:
    """The upper and the lower half of the product."""
    whole = words.astype(np.uint64) * multiplier
    return (whole >> np.uint64(32)).astype(np.uint32), whole.astype(np.uint32)
