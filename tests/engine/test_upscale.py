"""The upscaler: a real network at tiny size, tiled as it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from spandrel import ModelLoader

from pipeline.engine import upscale
from pipeline.engine.engine import Engine, Priority
from pipeline.engine.upscale import Upscaler, falloff, starts
from pipeline.models.store import ModelStore
from tests.models.test_import import esrgan


@pytest.fixture
def upscaler(tmp_path: Path) -> Upscaler:
    folder = tmp_path / "upscalers" / "tiny"
    folder.mkdir(parents=True)
    save_file({name: 0.1 * tensor for name, tensor in esrgan().items()}, folder / "upscaler.safetensors")
    return Upscaler(ModelStore(tmp_path).weights("upscaler", "tiny"), "cpu")


def test_tiles_cover_a_picture_and_count_as_one_everywhere() -> None:
    assert starts(200) == [0] and starts(256) == [0]
    assert starts(600) == [0, 224, 344]
    share = falloff(64, 64, 16)
    assert share.min() > 0 and share[0, 32, 32] == 1
    assert (share[0, :, 32].diff()[:15] > 0).all()


def test_a_picture_comes_out_four_times_as_large_as_the_network_has_it(upscaler: Upscaler) -> None:
    picture = np.random.default_rng(3).random((40, 56, 3)).astype(np.float32)
    with Engine("cpu") as engine:
        made = engine.run(upscaler.enlarge(picture), Priority.RENDER)
    model: Any = ModelLoader(device="cpu").load_from_state_dict({n: 0.1 * t for n, t in esrgan().items()}).eval()
    with torch.inference_mode():
        whole = model(torch.from_numpy(picture).permute(2, 0, 1)[None])[0].permute(1, 2, 0).clamp(0, 1).numpy()
    assert upscaler.scale == 4 and made.shape == (160, 224, 3)
    assert np.abs(made - whole).max() < 1e-5


def test_tiles_leave_no_seam(upscaler: Upscaler, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(4).random((96, 96, 3)).astype(np.float32)

    def made() -> np.ndarray:
        with Engine("cpu") as engine:
            return engine.run(upscaler.enlarge(picture), Priority.RENDER)

    whole = made()
    monkeypatch.setattr(upscale, "TILE", 64)
    assert np.abs(made() - whole).mean() < 0.01 * whole.std() + 1e-4
