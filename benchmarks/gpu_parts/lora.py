"""A LoRA training of the true size on noise pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from benchmarks.gpu_parts import scenes
from benchmarks.gpu_parts.models import CHECKPOINT, Size
from pipeline.models.store import ModelStore
from training.characters.dataset import Dataset, Item, write_dataset
from training.characters.lora import Place, Reached, train
from training.characters.settings import Training

PICTURES = 20
BATCH = 4


def training(size: Size, store: ModelStore, device: torch.device, folder: Path) -> dict[str, Any]:
    """Seconds for as many image-steps as the size wants, without loading and coding; and what these took.

    folder: an empty one of its own.
    """
    steps = max(2, size.pictures // BATCH)
    settings = Training(
        name="bench",
        trigger="Ava Machina",
        base=CHECKPOINT,
        steps=steps,
        batch_size=BATCH,
        rank=size.rank,
        alpha=size.rank,
        rate=1e-4,
        resolution=size.face[0],
        checkpoint_every=steps,
    )
    marks: list[float] = []
    losses: list[float] = []

    def reached(news: Reached) -> None:
        marks.append(time.perf_counter())
        losses.append(news.loss)

    began = time.perf_counter()
    work = train(
        _dataset(folder / "pictures", size), settings, store.checkpoint(CHECKPOINT), Place(folder, device), reached
    )
    for _ in work:
        pass
    a_step = (marks[-1] - marks[0]) / (len(marks) - 1)
    return {
        "image_steps": steps * BATCH,
        "seconds_an_image_step": a_step / BATCH,
        "seconds_for_1500": a_step / BATCH * 1500,
        "until_first_step": marks[0] - began,
        "last_loss": losses[-1],
    }


def _dataset(folder: Path, size: Size) -> Dataset:
    folder.mkdir(parents=True)
    side = size.face[0]
    items = []
    for number, picture in enumerate(scenes.pictures(PICTURES, size.face, 9)):
        Image.fromarray(picture).save(folder / f"{number:02d}.png")
        items.append(Item(f"{number:02d}.png", "Ava Machina", (0, 0, side, side)))
    dataset = Dataset(folder, tuple(items))
    write_dataset(dataset)
    return dataset
