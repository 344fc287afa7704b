"""The names of the original files: against names written out, and against diffusers' own way back."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint, convert_ldm_unet_checkpoint
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint as convert_vae

from pipeline.models import ldm
from tests.models import siblings


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    """The networks of Stable Diffusion 1.5 at their true size, without memory for weights."""
    shape: dict[str, Any] = {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2}
    shape |= {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
    }
    with torch.device("meta"):
        return {
            "unet": UNet2DConditionModel(cross_attention_dim=768),
            "control": ControlNetModel(cross_attention_dim=768),
            "vae": AutoencoderKL(**shape),
        }


@pytest.mark.parametrize(
    ("part", "name", "shapes"),
    [
        ("unet", ldm.unet_name, siblings.unet()),
        ("control", ldm.unet_name, siblings.control()),
        ("vae", ldm.vae_name, siblings.vae()),
    ],
)
def test_every_weight_has_its_original_name(networks: dict[str, Any], part: str, name: Any, shapes: Any) -> None:
    assert {name(ours) for ours in networks[part].state_dict()} == set(shapes)


def test_diffusers_leads_every_name_back(networks: dict[str, Any]) -> None:
    """Each weight is stood for by one number; its way through diffusers' converter must end where it began."""
    for part, prefix, name, convert in (
        ("unet", ldm.UNET, ldm.unet_name, convert_ldm_unet_checkpoint),
        ("control", ldm.CONTROL, ldm.unet_name, convert_controlnet_checkpoint),
        ("vae", ldm.VAE, ldm.vae_name, convert_vae),
    ):
        ours = list(networks[part].state_dict())
        marked = {prefix + name(weight): torch.full((1, 1), float(i)) for i, weight in enumerate(ours)}
        back = convert(marked, dict(networks[part].config))
        assert {weight: int(value.item()) for weight, value in back.items()} == {w: i for i, w in enumerate(ours)}
