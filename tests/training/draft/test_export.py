"""Export: what is written loads as diffusers and transformers load it, in the product's layout."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextModel, CLIPTokenizer

from pipeline.models.networks import WEIGHTS
from tests.training.draft.conftest import CAPTION
from training.draft import export, shapes, tokenizer
from training.draft.denoiser import Denoiser
from training.draft.given import GIVEN


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Denoiser]:
    """An untrained model, exported twice over (the second takes the place of the first)."""
    folder = tmp_path_factory.mktemp("export")
    tokenizer.write(folder / "tokenizer", [CAPTION])
    for seed in (0, 1):
        torch.manual_seed(seed)
        denoiser = Denoiser()
        others = {kind: shapes.controlnet(denoiser.unet) for kind in GIVEN}
        export.export(shapes.autoencoder(), denoiser, folder / "tokenizer", folder / "draft", others)
    return folder / "draft", denoiser


def test_folders(exported: tuple[Path, Denoiser]) -> None:
    """Nine parts and nothing left over; within 40 MB, with all five ControlNets."""
    folder = exported[0]
    parts = {"unet", "vae", "text_encoder", "tokenizer", *(f"controlnet-{kind}" for kind in (*shapes.CONTROLS, *GIVEN))}
    assert {path.name for path in folder.iterdir()} == parts
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= 40_000_000


def test_every_part_loads_offline_in_float32(exported: tuple[Path, Denoiser]) -> None:
    """A plain from_pretrained gives float32 models."""
    folder = exported[0]
    for kind, name in (
        (AutoencoderTiny, "vae"),
        (UNet2DConditionModel, "unet"),
        (CLIPTextModel, "text_encoder"),
        (ControlNetModel, "controlnet-openpose"),
    ):
        model = kind.from_pretrained(folder / name, local_files_only=True)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert len(CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)) == tokenizer.VOCABULARY


def test_weights_are_those_of_the_model_in_float16(exported: tuple[Path, Denoiser]) -> None:
    """The files hold half precision, of the last export."""
    folder, denoiser = exported
    stored = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    for name, value in denoiser.unet.state_dict().items():
        assert torch.equal(stored[name].float(), value.half().float())


def test_controls_are_kept_in_eight_bits(exported: tuple[Path, Denoiser]) -> None:
    """And say nearly the same, untrained ones and small pictures at worst."""
    folder, denoiser = exported
    kept = ControlNetModel.from_pretrained(folder / "controlnet-canny", local_files_only=True)
    model = denoiser.controlnet("canny")
    weights = load_file(folder / "controlnet-canny" / WEIGHTS)
    assert {value.dtype for value in weights.values() if value.ndim > 1} == {torch.float8_e4m3fn}
    assert {value.dtype for value in weights.values() if value.ndim == 1} == {torch.float16}
    for part in (model, kept):
        torch.nn.init.eye_(part.controlnet_mid_block.weight[:, :, 0, 0])
    asked = (torch.randn(1, shapes.LATENT_CHANNELS, 16, 16), 500, torch.randn(1, 77, shapes.TEXT_WIDTH))
    with torch.no_grad():
        full, lean = (part(*asked, torch.zeros(1, 3, 128, 128), return_dict=False)[1] for part in (model, kept))
    assert 0 < (full - lean).norm() < 0.15 * full.norm()


def test_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit an export fails."""
    monkeypatch.setattr(export, "LIMIT", 1_000_000)
    tokenizer.write(tmp_path / "tokenizer", [CAPTION])
    with pytest.raises(ValueError, match="is the most"):
        export.export(shapes.autoencoder(), Denoiser(), tmp_path / "tokenizer", tmp_path / "draft", {})
