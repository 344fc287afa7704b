"""Taking the training up again: from the shipped weights, and on a machine with the model libraries alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from threading import Event

import pytest
import torch
from safetensors.torch import load_file

from tests.contract.bare import INTERPRETER, bare_environment
from tests.contract.checkout import ROOT
from tests.training.draft.conftest import write_caches
from training.draft import denoiser
from training.draft.denoiser import Denoiser
from training.draft.device import ahead
from training.draft.export import OUT
from training.draft.latents import frozen_autoencoder
from training.draft.state import averaged
from training.draft.warm import warm


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that goes on from the shipped model."""
    work = tmp_path_factory.mktemp("warm")
    warm(ROOT / OUT, work)
    return work


def test_it_begins_with_the_shipped_weights(begun: Path) -> None:
    model = averaged(begun / "denoiser.pt", Denoiser())
    for part, weights in (("unet", model.unet), ("controlnet-openpose", model.controlnet("openpose"))):
        shipped = load_file(ROOT / OUT / part / "diffusion_pytorch_model.safetensors")
        assert all(torch.equal(value, shipped[name].float()) for name, value in weights.state_dict().items())
    shipped = load_file(ROOT / OUT / "vae" / "diffusion_pytorch_model.safetensors")
    autoencoder = frozen_autoencoder(begun)
    assert all(torch.equal(value, shipped[name].float()) for name, value in autoencoder.state_dict().items())
    config = json.loads((ROOT / OUT / "vae" / "config.json").read_text())
    assert autoencoder.config["scaling_factor"] == config["scaling_factor"]


def test_a_training_is_not_overwritten(begun: Path) -> None:
    with pytest.raises(FileExistsError, match="holds a training already"):
        warm(ROOT / OUT, begun)


@pytest.mark.slow
def test_it_goes_on_where_it_was(begun: Path, data: Path, tmp_path: Path) -> None:
    """One step moves the weights a little and not back to the beginning."""
    write_caches(tmp_path)
    warm(ROOT / OUT, tmp_path)
    before = averaged(tmp_path / "denoiser.pt", Denoiser()).unet.state_dict()
    denoiser.train(data, tmp_path, steps=1, batch=2, rate=1e-4, seed=1)
    after = averaged(tmp_path / "denoiser.pt", Denoiser()).unet.state_dict()
    moved = max(float((before[name] - after[name]).abs().max()) for name in before)
    assert 0 < moved < 1e-3


@pytest.mark.long
def test_it_runs_with_the_model_libraries_alone(data: Path, tmp_path: Path) -> None:
    """Cached latents and hints are enough: no OpenCV, MediaPipe or Pillow of ours is asked for."""
    work = tmp_path / "work"
    work.mkdir()
    write_caches(work)
    warm(ROOT / OUT, work)
    command = [*INTERPRETER, "-m", "training.draft.denoiser", "--data", str(data), "--work", str(work)]
    environment = bare_environment(tmp_path / "bare")
    subprocess.run([*command, "--steps", "1", "--batch", "2"], cwd=tmp_path, env=environment, check=True)
    others = ", ".join(f"training.draft.{name}" for name in ("controls", "decoder", "export", "parcels", "warm"))
    subprocess.run([*INTERPRETER, "-c", f"import {others}"], cwd=tmp_path, env=environment, check=True)
    assert torch.load(work / "denoiser.pt", weights_only=True)["step"] == 1


def test_batches_come_in_order_and_only_a_little_ahead() -> None:
    drawn, first = [], Event()

    def draw(step: int) -> int:
        drawn.append(step)
        first.set()
        return step

    steps = ahead(draw, range(10))
    assert next(steps) == 0
    assert first.is_set()
    assert len(drawn) < 10
    assert list(steps) == list(range(1, 10))


def test_what_goes_wrong_while_drawing_is_not_lost() -> None:
    def draw(step: int) -> int:
        if step == 3:
            raise ValueError("a broken batch")
        return step

    with pytest.raises(ValueError, match="a broken batch"):
        list(ahead(draw, range(10)))
