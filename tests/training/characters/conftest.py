from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.models.store import Checkpoint, ModelStore
from tests.tiny import CHECKPOINT, make_checkpoint
from training.characters.dataset import Dataset, Item, write_dataset


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A tiny checkpoint with the true architecture."""
    models = tmp_path_factory.mktemp("models")
    make_checkpoint(models / "checkpoints" / CHECKPOINT)
    return ModelStore(models).checkpoint(CHECKPOINT)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return dataset_in(tmp_path / "pictures")


def dataset_in(folder: Path) -> Dataset:
    """Six pictures of two shapes with mattes, the same each time."""
    random = np.random.default_rng(1)
    folder.mkdir()
    items = []
    for number in range(6):
        width, height = (128, 96) if number % 3 else (96, 128)
        picture = np.clip(random.normal(120 + 15 * number, 40, (height, width, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:02d}.png")
        mask = np.zeros((height, width), np.uint8)
        mask[20:70, 20:70] = 255
        Image.fromarray(mask).save(folder / f"{number:02d}-matte.png")
        caption = f"Ava, {'smiling' if number % 2 else 'sad'}, close-up"
        items.append(
            Item(f"{number:02d}.png", caption, (0, 0, width, height), (30, 30, 40, 40), f"{number:02d}-matte.png")
        )
    made = Dataset(folder, tuple(items))
    write_dataset(made)
    return made
