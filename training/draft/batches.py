"""Training samples of the denoiser: latents of both looks, hints and prompts of random views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.draft.corpus import Pair
from training.draft.prompts import prompt
from training.draft.views import View

FILM = 0.85
"""Share of samples that ask for the film look."""
CARRIED = 0.85
"""Share of the film samples that start from the engine picture."""
FACE_PASS = ("canny", "mediapipe_face")
BLANK = 0.1
"""Share of hints that are blank, so that a map in which nothing was found says nothing."""


@dataclass(frozen=True)
class Cache:
    """What the networks are trained on.

    pairs, views: the pairs and the views of each.
    engine, film: latents, [pairs, views, channels, 32, 32].
    hints: uint8 [pairs, views, 256, 256, 1 or 3] for each control.
    """

    pairs: list[Pair]
    views: list[list[View]]
    engine: NDArray[np.floating]
    film: NDArray[np.floating]
    hints: dict[str, NDArray[np.uint8]]

    def rows(self, split: str) -> NDArray[np.int64]:
        """The pairs of one split that have been cached."""
        return np.array([p.row for p in self.pairs[: len(self.views)] if p.split == split])


@dataclass(frozen=True)
class Batch:
    """One batch of n views.

    engine, target: latents, float32 [n, channels, 32, 32].
    carried: bool [n], whether the sample starts from the engine picture.
    hints: float32 [n, 3, 256, 256] in 0..1 for each control of this step.
    """

    engine: torch.Tensor
    target: torch.Tensor
    carried: torch.Tensor
    prompts: list[str]
    hints: dict[str, torch.Tensor]


def draw_controls(kinds: list[str], rng: np.random.Generator) -> list[str]:
    """The controls of one step: all of them, as in a body pass, edges and face, as in a face pass, one, or none."""
    kind = rng.random()
    if kind < 0.35:
        return kinds
    if kind < 0.65:
        return [name for name in kinds if name in FACE_PASS]
    return [kinds[rng.integers(len(kinds))]] if kind < 0.9 else []


def hint_tensor(array: NDArray[np.uint8], rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> torch.Tensor:
    """Hints of the given pairs and views as float32 [n, 3, 256, 256] in 0..1."""
    picked = np.stack([array[row, number] for row, number in zip(rows, numbers, strict=True)])
    return torch.from_numpy(picked).permute(0, 3, 1, 2).float().div(255).expand(-1, 3, -1, -1)


def draw_batch(
    cache: Cache, rows: NDArray[np.int64], size: int, kinds: Sequence[str], rng: np.random.Generator
) -> Batch:
    """`size` random samples out of `rows`, with the hints of these controls."""
    picked = rng.choice(rows, size)
    numbers = rng.integers(0, cache.engine.shape[1], size)
    film = rng.random(size) < FILM
    engine = torch.from_numpy(np.asarray(cache.engine[picked, numbers], np.float32))
    wanted = torch.from_numpy(np.asarray(cache.film[picked, numbers], np.float32))
    prompts = [
        prompt(cache.pairs[row].caption, "film" if is_film else "engine", cache.views[row][number], rng)
        for row, number, is_film in zip(picked, numbers, film, strict=True)
    ]
    hints = {
        kind: hint_tensor(cache.hints[kind], picked, numbers)
        * torch.from_numpy(rng.random((size, 1, 1, 1)) >= BLANK).float()
        for kind in kinds
    }
    return Batch(
        engine,
        torch.where(torch.from_numpy(film)[:, None, None, None], wanted, engine),
        torch.from_numpy(film & (rng.random(size) < CARRIED)),
        prompts,
        hints,
    )
