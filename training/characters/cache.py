"""The pictures of a training as latents, coded once; and batches drawn from them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.engine.latents import encode
from pipeline.models.load import LoadedCheckpoint
from training.characters.buckets import Size, bucket_of, buckets, cut, cut_mask
from training.characters.dataset import Dataset, Item
from training.characters.settings import Training

BACKGROUND = 0.1
"""How much of a masked picture's surroundings still counts: without any, they turn to mush in renders."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A picture of the training. latents: float32 [c, h, w]. mask: float32 [1, h, w], what counts how much."""

    caption: str
    latents: Tensor
    mask: Tensor


@dataclass(frozen=True, eq=False)
class Drawn:
    """A batch of pictures of one size. latents: [n, c, h, w]. masks: [n, 1, h, w]."""

    captions: tuple[str, ...]
    latents: Tensor
    masks: Tensor


@dataclass(frozen=True, eq=False)
class Latents:
    """All pictures by size. weights: how often a size is drawn, as often as pictures have it."""

    by_size: Sequence[Sequence[Coded]]
    weights: Sequence[float]

    def draw(self, random: np.random.Generator, count: int) -> Drawn:
        """`count` pictures of one size; the same random numbers draw the same ones."""
        size = self.by_size[random.choice(len(self.by_size), p=self.weights)]
        order = np.concatenate([random.permutation(len(size)) for _ in range(-(-count // len(size)))])
        chosen = [size[at] for at in order[:count]]
        return Drawn(
            tuple(one.caption for one in chosen),
            torch.stack([one.latents for one in chosen]),
            torch.stack([one.mask for one in chosen]),
        )


def cache_latents(dataset: Dataset, settings: Training, networks: LoadedCheckpoint) -> Generator[None, None, Latents]:
    """Code every picture of the dataset. Yields between pictures."""
    sizes = buckets(settings.resolution)
    by_size: dict[Size, list[Coded]] = {}
    for item in (*dataset.items, *dataset.regularisation):
        size = bucket_of(item.crop[2], item.crop[3], sizes)
        by_size.setdefault(size, []).extend([_coded(dataset, item, size, settings, networks)] * item.repeats)
        yield
    total = sum(map(len, by_size.values()))
    ordered = [by_size[size] for size in sorted(by_size)]
    return Latents(ordered, [len(size) / total for size in ordered])


def _coded(dataset: Dataset, item: Item, size: Size, settings: Training, networks: LoadedCheckpoint) -> Coded:
    latents = encode(networks.vae, cut(dataset.folder, item, size)[None])[0].cpu().clone()
    if not settings.masked:
        return Coded(item.caption, latents, torch.ones(1, *latents.shape[1:]))
    mask = torch.tensor(cut_mask(dataset.folder, item, size)).float()[None, None] / 255
    small = functional.interpolate(mask, latents.shape[1:], mode="area")[0]
    return Coded(item.caption, latents, BACKGROUND + (1 - BACKGROUND) * small)
