"""The pictures of a training as latents, coded once; and batches drawn from them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.engine.latents import encode
from pipeline.frames import Box, Mask, Picture
from pipeline.models.load import LoadedCheckpoint
from training.characters.buckets import Size, bucket_of, buckets, cut, cut_face, cut_mask
from training.characters.dataset import Dataset, Item
from training.characters.recolour import recoloured
from training.characters.settings import Training

BACKGROUND = 0.1
"""How much of a masked picture's surroundings still counts: without any, they turn to mush in renders."""
COPIES = 4
"""Recoloured copies of each picture: enough that the LoRA does not learn the copies' own colours."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A picture of the training. latents: float32 [c, h, w]. mask: float32 [1, h, w], what counts how much.

    others: its recoloured copies, float32 [copies, c, h, w].
    """

    caption: str
    latents: Tensor
    mask: Tensor
    others: Tensor


@dataclass(frozen=True, eq=False)
class Drawn:
    """A batch of pictures of one size. latents, and a recoloured copy of each: [n, c, h, w]. masks: [n, 1, h, w]."""

    captions: tuple[str, ...]
    latents: Tensor
    masks: Tensor
    others: Tensor


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
            torch.stack([one.others[random.integers(len(one.others))] for one in chosen]),
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
    picture, matte = cut(dataset.folder, item, size), cut_mask(dataset.folder, item, size)
    copies = _copies(picture, matte, cut_face(item, size), settings)
    latents = torch.cat([encode(networks.vae, one[None]).cpu() for one in (picture, *copies)]).clone()
    return Coded(item.caption, latents[0], _mask(matte, latents, settings), latents[1:] if copies else latents[:1])


def _copies(picture: Picture, matte: Mask, face: Box | None, settings: Training) -> list[Picture]:
    """Recoloured copies; none when no sample starts from one."""
    if not settings.carried:
        return []
    return [recoloured(picture, matte, face, np.random.default_rng((settings.seed, copy))) for copy in range(COPIES)]


def _mask(matte: Mask, latents: Tensor, settings: Training) -> Tensor:
    """What of the picture counts how much, float32 [1, h, w]."""
    if not settings.masked:
        return torch.ones(1, *latents.shape[2:])
    small = functional.interpolate(torch.tensor(matte).float()[None, None] / 255, latents.shape[2:], mode="area")[0]
    return BACKGROUND + (1 - BACKGROUND) * small
