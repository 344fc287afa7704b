"""Four drawn pairs in the layout of the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from diffusers import UNet2DConditionModel
from PIL import Image

from training.draft import latents, shapes, tokenizer
from training.draft.corpus import LOOKS
from training.draft.hints import hint_array, views_file
from training.draft.views import views_of, write_views

CAPTION = "woman in her fifties, dark skin, head turned left, close-up"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs, the last of them for validation: a disc on a ramp, tinted for the film look."""
    folder, rng = tmp_path_factory.mktemp("pairs"), np.random.default_rng(0)
    y, x = np.mgrid[:256, :256]
    rows = []
    for number in range(4):
        disc = np.hypot(x - rng.integers(80, 176), y - rng.integers(80, 176)) < 60
        engine = np.stack([x / 2 + 90 * disc, y / 2 + 60 * disc, (x + y) / 4 + 40 * disc], -1).astype(np.uint8)
        for look, picture in zip(LOOKS, (engine, (engine * (1.0, 0.9, 0.7)).astype(np.uint8)), strict=True):
            (folder / look).mkdir(exist_ok=True)
            Image.fromarray(picture).save(folder / look / f"{number:06d}.jpg", quality=95)
        split = "val" if number == 3 else "train"
        rows.append({"id": f"{number:06d}", "split": split, "caption": CAPTION, "framing": "close-up"})
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def write_caches(work: Path) -> None:
    """Latents and hints as `latents` and `hints` leave them, at random, and a tokenizer."""
    rng = np.random.default_rng(1)
    for look in LOOKS:
        array = latents.latent_array(work, look, 4)
        array[:] = rng.standard_normal(array.shape)
    for kind in shapes.CONTROLS:
        array = hint_array(work, kind, 4)
        array[:] = 255 * (rng.random(array.shape) < 0.05)
    for row in range(4):
        write_views(views_file(work), views_of(row, hint_array(work, "mediapipe_face", 4)[row, 0]))
    tokenizer.write(work / "tokenizer", [CAPTION])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The UNet and its ControlNets at a third of their width: the same code, quicker."""

    def unet() -> UNet2DConditionModel:
        return UNet2DConditionModel(**{**settings, "block_out_channels": (16, 32, 48)})

    settings = {name: value for name, value in shapes.unet().config.items() if not name.startswith("_")}
    monkeypatch.setattr(shapes, "unet", unet)
