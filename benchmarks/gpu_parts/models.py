"""Models of the true sizes with random weights, and of sizes that a test can afford."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline import torchvision_ops
from pipeline.models.store import ModelStore
from pipeline.models.vocabulary import ENTRIES, write_tokenizer

CHECKPOINT = "bench"
CONTROLS = ("bench-openpose", "bench-canny", "bench-mediapipe_face")


@dataclass(frozen=True)
class Size:
    """What is run.

    body, face: width and height. batches: frames at once. pictures: image-steps of the LoRA training.
    """

    name: str
    unet: dict[str, Any]
    vae: dict[str, Any]
    text: dict[str, Any]
    hint: tuple[int, ...]
    body: tuple[int, int] = (912, 512)
    face: tuple[int, int] = (512, 512)
    batches: tuple[int, ...] = (1, 2, 4, 8, 16)
    body_steps: int = 25
    face_steps: int = 30
    inversion_steps: int = 25
    pictures: int = 1500
    rank: int = 16


SD15 = Size(
    "sd15",
    unet={"cross_attention_dim": 768},
    vae={
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
    },
    text={"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12},
    hint=(16, 32, 96, 256),
)
TINY = Size(
    "tiny",
    unet={"cross_attention_dim": 32, "block_out_channels": (32, 32, 32, 32), "layers_per_block": 1},
    vae={
        "block_out_channels": (8, 8, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "norm_num_groups": 4,
        "latent_channels": 4,
    },
    text={"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2},
    hint=(8, 8, 8, 8),
    body=(256, 128),
    face=(128, 128),
    batches=(1, 2),
    body_steps=4,
    face_steps=4,
    inversion_steps=3,
    pictures=8,
    rank=4,
)
SIZES = {size.name: size for size in (SD15, TINY)}


def unet_of(size: Size) -> nn.Module:
    """The UNet, where torch makes new modules."""
    torchvision_ops.declare()
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(**size.unet)


def control_of(size: Size) -> nn.Module:
    """A ControlNet. Its last convolutions are zero as in an untrained one, which costs the same."""
    torchvision_ops.declare()
    from diffusers import ControlNetModel

    return ControlNetModel(**size.unet, conditioning_embedding_out_channels=size.hint)


def vae_of(size: Size) -> nn.Module:
    """The full autoencoder."""
    torchvision_ops.declare()
    from diffusers import AutoencoderKL

    return AutoencoderKL(**size.vae)


def text_encoder_of(size: Size) -> nn.Module:
    """CLIP's text encoder, over CLIP's own vocabulary."""
    torchvision_ops.declare()
    from transformers import CLIPTextConfig, CLIPTextModel

    last = ENTRIES - 1
    marks = {"bos_token_id": last - 1, "eos_token_id": last, "pad_token_id": last}
    return CLIPTextModel(CLIPTextConfig(vocab_size=ENTRIES, **marks, **size.text))


def written(folder: Path, size: Size, device: torch.device) -> ModelStore:
    """The models in `folder`, as an artist has them: float16 safetensors. What lies there already is kept."""
    checkpoint = folder / "checkpoints" / CHECKPOINT
    for place, make in _networks(folder, size):
        if not place.exists():
            torch.manual_seed(len(place.name))
            with torch.device(device):
                network: Any = make(size)
            part = place.with_name(f".{place.name}")
            shutil.rmtree(part, ignore_errors=True)
            network.half().save_pretrained(part)
            part.rename(place)
    if not (checkpoint / "tokenizer").exists():
        write_tokenizer(checkpoint / "tokenizer")
    return ModelStore(folder)


def _networks(folder: Path, size: Size) -> Iterator[tuple[Path, Any]]:
    checkpoint = folder / "checkpoints" / CHECKPOINT
    yield from (
        (checkpoint / "unet", unet_of),
        (checkpoint / "vae", vae_of),
        (checkpoint / "text_encoder", text_encoder_of),
    )
    yield from ((folder / "controlnets" / name, control_of) for name in CONTROLS)
