"""Training: a step changes the weights, and a run stopped in the middle ends on the very same ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tests.training.draft.conftest import write_caches
from training.draft import decoder, denoiser, latents, vae
from training.draft.state import Run, averaged


def weights(file: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a state file."""
    return torch.load(file, weights_only=True)["average"]


def same(one: Path, other: Path) -> bool:
    """Whether two state files hold the same averaged weights, bit for bit."""
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


class Stopped(Exception):
    """The process is gone."""


@contextmanager
def stop_after(steps: int) -> Iterator[None]:
    """Let the run within save its state after `steps` and die."""
    descend = Run.descend

    def descend_and_die(run: Run[torch.nn.Module], loss: torch.Tensor, factor: float) -> None:
        descend(run, loss, factor)
        if run.step == steps:
            run.save()
            raise Stopped

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(Run, "descend", descend_and_die)
        yield


def test_vae_stopped_and_resumed_equals_uninterrupted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps 1 and 2 in one go and in two, with the same plan, give the same bits; and the steps did something."""
    settings = {"data": data, "batch": 2, "rate": 1e-3, "seed": 1}
    vae.train(work=tmp_path / "whole", steps=2, **settings)
    with stop_after(1):
        vae.train(work=tmp_path / "parts", steps=2, **settings)
    assert not same(tmp_path / "whole/vae.pt", tmp_path / "parts/vae.pt")
    vae.train(work=tmp_path / "parts", steps=2, **settings)
    assert same(tmp_path / "whole/vae.pt", tmp_path / "parts/vae.pt")


@pytest.mark.slow
def test_denoiser_stopped_and_resumed_equals_uninterrupted(data: Path, tmp_path: Path, small: None) -> None:
    """The same for text encoder, UNet and ControlNets together."""
    settings = {"data": data, "batch": 2, "rate": 1e-3, "seed": 1}
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        write_caches(tmp_path / name)
    denoiser.train(work=tmp_path / "whole", steps=2, **settings)
    with stop_after(1):
        denoiser.train(work=tmp_path / "parts", steps=2, **settings)
    assert not same(tmp_path / "whole/denoiser.pt", tmp_path / "parts/denoiser.pt")
    denoiser.train(work=tmp_path / "parts", steps=2, **settings)
    assert same(tmp_path / "whole/denoiser.pt", tmp_path / "parts/denoiser.pt")


@pytest.mark.slow
def test_every_part_of_the_denoiser_learns(data: Path, tmp_path: Path, small: None) -> None:
    """A few steps move the text encoder, the UNet and each of the ControlNets."""
    write_caches(tmp_path)
    torch.manual_seed(1)
    before = denoiser.Denoiser().state_dict()
    denoiser.train(data, tmp_path, steps=4, batch=2, rate=1e-3, seed=2)
    after = averaged(tmp_path / "denoiser.pt", denoiser.Denoiser()).state_dict()
    moved = {name.split(".weight")[0] for name in before if not torch.equal(before[name], after[name])}
    for part in ("text_encoder", "unet", *(f"controlnets.{kind}" for kind in ("canny", "openpose", "mediapipe_face"))):
        assert any(name.startswith(part) for name in moved), part


@pytest.mark.slow
def test_decoder_goes_on_alone(data: Path, tmp_path: Path) -> None:
    """Training the decoder leaves the encoder as it is, and the product gets the new decoder."""
    vae.train(data, tmp_path, steps=1, batch=2, rate=1e-3, seed=1)
    before = latents.frozen_autoencoder(tmp_path).state_dict()
    decoder.train(data, tmp_path, steps=2, batch=2, rate=1e-3, seed=1)
    after = latents.frozen_autoencoder(tmp_path).state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"decoder"}
