"""The pictures of a training as latents, coded once; and batches drawn from them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.engine.latents import encode
from pipeline.frames import Mask
from pipeline.models.load import LoadedCheckpoint
from training.characters.buckets import GRAIN, Size, bucket_of, buckets, cut, cut_face, cut_mask
from training.characters.dataset import Dataset, Item
from training.characters.recolour import parts_of, recoloured
from training.characters.settings import Training

BACKGROUND = 0.1
"""How much of a masked picture's surroundings still counts: without any, they turn to mush in renders."""
COPIES = 4
"""Recoloured copies of each picture: enough that the LoRA does not learn the copies' own colours."""
CLOSE = 1.7
"""Side of a close-up, in sides of the face: about what a face pass sees of a head."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A picture of the training. latents: float32 [c, h, w]. mask: float32 [1, h, w], what counts how much.

    others: its recoloured copies, float32 [copies, c, h, w]. parts: how much of each cell is face and how much is hair,
    float32 [2, h, w], 0..1.
    """

    caption: str
    latents: Tensor
    mask: Tensor
    others: Tensor
    parts: Tensor

    @property
    def whole(self) -> Coded:
        """The same with all of the picture counting alike."""
        return replace(self, mask=torch.ones_like(self.mask))


@dataclass(frozen=True, eq=False)
class Drawn:
    """A batch of pictures of one size.

    latents, and a recoloured copy of each: [n, c, h, w]. masks: [n, 1, h, w]. parts: face and hair, [n, 2, h, w].
    """

    captions: tuple[str, ...]
    latents: Tensor
    masks: Tensor
    others: Tensor
    parts: Tensor


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
            torch.stack([one.parts for one in chosen]),
        )


def cache_latents(dataset: Dataset, settings: Training, networks: LoadedCheckpoint) -> Generator[None, None, Latents]:
    """Code every view of every picture of the dataset. Yields between views."""
    by_size: dict[Size, list[Coded]] = {}
    seen = [(view, size) for item in (*dataset.items, *dataset.regularisation) for view, size in views(item, settings)]
    for number, (view, size) in enumerate(seen):
        random = np.random.default_rng((settings.seed, number))
        coded = _coded(dataset.folder, view, size, random if settings.carried else None, networks)
        by_size.setdefault(size, []).extend([coded if settings.masked else coded.whole] * view.repeats)
        yield
    total = sum(map(len, by_size.values()))
    ordered = [by_size[size] for size in sorted(by_size)]
    return Latents(ordered, [len(size) / total for size in ordered])


def views(item: Item, settings: Training) -> Iterator[tuple[Item, Size]]:
    """The picture as it is cut, and where samples are carried, its head as the passes of a render see it, too.

    That is a close-up of the face, where the picture is sharp enough for one, and the whole at half the size, as heads
    are in the body pass over a medium shot.
    """
    width, height = item.crop[2:]
    yield item, bucket_of(width, height, buckets(settings.resolution))
    if not settings.carried or item.face is None:
        return
    if settings.resolution >= 2 * GRAIN:
        yield item, bucket_of(width, height, buckets(settings.resolution // 2))
    near = close_up(item)
    if settings.resolution // 2 <= near.crop[2] < min(width, height):
        yield near, (settings.resolution, settings.resolution)


def close_up(item: Item) -> Item:
    """A square round the item's face, inside its crop."""
    assert item.face is not None
    left, top, width, height = item.crop
    x, y, across, down = item.face
    side = min(round(CLOSE * max(across, down)), width, height)
    start_x = min(max(round(x + (across - side) / 2), left), left + width - side)
    start_y = min(max(round(y + (down - side) / 2), top), top + height - side)
    return replace(item, crop=(start_x, start_y, side, side))


def _coded(
    folder: Path, item: Item, size: Size, random: np.random.Generator | None, networks: LoadedCheckpoint
) -> Coded:
    """A view as latents. random: draws the colours of its copies; None when no sample starts from one."""
    picture, matte = cut(folder, item, size), cut_mask(folder, item, size)
    parts = parts_of(matte, cut_face(item, size))
    copies = [] if random is None else [recoloured(picture, parts, random) for _ in range(COPIES)]
    latents = torch.cat([encode(networks.vae, one[None]).cpu() for one in (picture, *copies)]).clone()
    person, face, hair = (_small(mask, latents) for mask in (matte, parts.face, parts.hair))
    mask = BACKGROUND + (1 - BACKGROUND) * person
    return Coded(item.caption, latents[0], mask, latents[1:] if copies else latents[:1], torch.cat([face, hair]))


def _small(mask: Mask, latents: Tensor) -> Tensor:
    """A mask (uint8 [H, W]) at the latents' size, float32 [1, h, w], 0..1."""
    return functional.interpolate(torch.tensor(mask).float()[None, None] / 255, latents.shape[2:], mode="area")[0]
