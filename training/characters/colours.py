"""How far the colours of skin and hair are off, apart from all fine structure."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

CELL = 2
"""Side of a cell in latents: 16 pixels, over which pores and hairs average out."""
LEAST = 0.1
"""Share of a cell from which on it says something."""


def coarse_error(error: Tensor, parts: Tensor) -> Tensor:
    """The mean square of an error of clean latents in coarse cells of each part, the parts counting alike: [n].

    error: [n, c, h, w]. parts: how much of each latent belongs to face and hair, [n, p, h, w], 0..1. A part of less
    than one cell counts by its size, so one that is not there counts nothing. Skin and hair are a small part of most
    pictures, and in their mean nothing would be heard of them.
    """
    squares = error.new_zeros(len(error))
    for part in parts.split(1, dim=1):
        cover = functional.avg_pool2d(part, CELL)
        cells = functional.avg_pool2d(error * part, CELL) / cover.clamp(min=LEAST)
        squares = squares + (cover * cells**2).sum((1, 2, 3)) / (error.shape[1] * cover.sum((1, 2, 3)).clamp(min=1))
    return squares
