"""Networks of Stable Diffusion 1, filled from files: the config is read off the shapes, the weights are found by name.

A network asks for every weight by its diffusers name, and the file's form says what it is called there. So what is
missing or of another shape is found before anything is written, and what is not asked for is left behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from pipeline import torchvision_ops
from pipeline.errors import RefusedFile
from pipeline.models import ldm
from pipeline.models.recognise import refuse_channels
from pipeline.models.tensors import Tensors
from pipeline.models.vocabulary import ENTRIES

Names = Callable[[str], tuple[str, ...]]
"""A weight's diffusers name -> what it may be called in the file, best first."""
Shape = tuple[int, ...]

HEAD = 64
"""Width of a head in every CLIP text encoder."""
SD1_HEADS = 8
SCALE = 0.18215
"""What latents of Stable Diffusion 1 are multiplied by."""
PLACES = ".pos_embed.pe"
"""How the tables end that tell a motion adapter which frame is which."""
WEIGHTS = "diffusion_pytorch_model.safetensors"
TEXT_WEIGHTS = "model.safetensors"


def ldm_unet(name: str) -> tuple[str, ...]:
    """The plain weights; their running averages where a file has no others, as Auto1111 does."""
    return ldm.UNET + ldm.unet_name(name), ldm.averaged_name(name)


def ldm_control(name: str) -> tuple[str, ...]:
    """With and without the prefix."""
    return ldm.CONTROL + ldm.unet_name(name), ldm.unet_name(name)


def ldm_vae(name: str) -> tuple[str, ...]:
    """With the prefix inside a checkpoint, without it in a file of its own."""
    return ldm.VAE + ldm.vae_name(name), ldm.vae_name(name)


def ldm_text(name: str) -> tuple[str, ...]:
    """With and without `text_model`, which some merges have lost."""
    return f"{ldm.TEXT}text_model.{name}", ldm.TEXT + name


def plain(name: str) -> tuple[str, ...]:
    """As diffusers and transformers call it, now and before."""
    return name, f"text_model.{name}", ldm.older_vae_name(name)


@dataclass(frozen=True)
class Source:
    """The weights of one network in a file."""

    tensors: Tensors
    names: Names

    def find(self, name: str) -> str | None:
        """What this weight is called in the file; None when it is not there."""
        return next((found for found in self.names(name) if found in self.tensors), None)

    def shape(self, name: str) -> Shape:
        """The shape of a weight. Raises RefusedFile when it is not there."""
        found = self.find(name)
        if found is None:
            raise RefusedFile(
                f"{self.tensors.path.name} is not built like Stable Diffusion 1: it has no {name}.",
                "Choose a model of the Stable Diffusion 1.5 family.",
            )
        return self.tensors.shapes[found]

    def count(self, before: str, after: str) -> int:
        """How many weights are there whose names differ in a number only."""
        number = 0
        while self.find(f"{before}{number}{after}") is not None:
            number += 1
        return number


def unet_from(source: Source) -> Any:
    """A UNet without memory for its weights, of the widths in the file."""
    torchvision_ops.declare()
    from diffusers import UNet2DConditionModel

    refuse_channels(source.shape("conv_in.weight")[1], source.tensors.path.name)
    with torch.device("meta"):
        return UNet2DConditionModel(sample_size=64, **_denoiser(source))


def control_from(source: Source) -> Any:
    """A ControlNet without memory for its weights, of the widths in the file."""
    torchvision_ops.declare()
    from diffusers import ControlNetModel

    embedder = [source.shape("controlnet_cond_embedding.conv_in.weight")[0]]
    for block in range(1, source.count("controlnet_cond_embedding.blocks.", ".weight"), 2):
        embedder.append(source.shape(f"controlnet_cond_embedding.blocks.{block}.weight")[0])
    with torch.device("meta"):
        return ControlNetModel(conditioning_embedding_out_channels=tuple(embedder), **_denoiser(source))


def _denoiser(source: Source) -> dict[str, Any]:
    """What a UNet and its ControlNets have in common."""
    return {
        "block_out_channels": tuple(
            source.shape(f"down_blocks.{level}.resnets.0.conv1.weight")[0] for level in range(ldm.LEVELS)
        ),
        "cross_attention_dim": source.shape("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight")[1],
        "attention_head_dim": SD1_HEADS,
    }


def vae_from(source: Source) -> Any:
    """An autoencoder without memory for its weights, of the widths in the file. Raises RefusedFile for another base."""
    torchvision_ops.declare()
    from diffusers import AutoencoderKL

    latents = source.shape("decoder.conv_in.weight")[1]
    if latents != 4:
        raise RefusedFile(
            f"The autoencoder in {source.tensors.path.name} makes latents of {latents} channels, as Stable Diffusion 3 "
            "and Flux do.",
            "Choose one for Stable Diffusion 1.5.",
        )
    shape: dict[str, Any] = {
        "block_out_channels": tuple(
            source.shape(f"encoder.down_blocks.{level}.resnets.0.conv1.weight")[0] for level in range(ldm.LEVELS)
        ),
        "down_block_types": ("DownEncoderBlock2D",) * ldm.LEVELS,
        "up_block_types": ("UpDecoderBlock2D",) * ldm.LEVELS,
        "layers_per_block": ldm.LAYERS,
        "latent_channels": latents,
        "sample_size": 512,
        "scaling_factor": SCALE,
    }
    with torch.device("meta"):
        return AutoencoderKL(**shape)


def text_encoder_from(source: Source) -> Any:
    """A text encoder without memory for its weights, of the widths in the file. Raises RefusedFile for another base."""
    torchvision_ops.declare()
    from transformers import CLIPTextConfig, CLIPTextModel

    entries, width = source.shape("embeddings.token_embedding.weight")
    if entries != ENTRIES:
        raise RefusedFile(
            f"The text encoder in {source.tensors.path.name} knows {entries} words and its tokenizer {ENTRIES}.",
            "Import the model's folder, with its own tokenizer.",
        )
    config = CLIPTextConfig(
        hidden_size=width,
        num_attention_heads=max(width // HEAD, 1),
        intermediate_size=source.shape("encoder.layers.0.mlp.fc1.weight")[0],
        num_hidden_layers=source.count("encoder.layers.", ".mlp.fc1.weight"),
        max_position_embeddings=source.shape("embeddings.position_embedding.weight")[0],
    )
    with torch.device("meta"):
        return CLIPTextModel(config)


def fill(network: Any, source: Source) -> dict[str, Tensor]:
    """Every weight that the network asks for, mapped from the file. Raises RefusedFile when one lacks or does not fit.

    Numbers and number formats stay as they are in the file.
    """
    asked = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    found = {name: there for name in asked if (there := source.find(name)) is not None}
    if lacking := [name for name in asked if name not in found and not name.endswith(PLACES)]:
        raise RefusedFile(
            f"{source.tensors.path.name} lacks {len(lacking)} of the {len(asked)} weights of its "
            f"{type(network).__name__}, for instance {lacking[0]}.",
            "It is of another family than Stable Diffusion 1.5, or not whole.",
        )
    return {
        name: _fitted(source.tensors, found[name], shape) if name in found else _places(shape)
        for name, shape in asked.items()
    }


def _places(shape: Shape) -> Tensor:
    """What tells frames apart, [1, frames, width]: a formula, so that files may leave it out."""
    from diffusers.models.embeddings import SinusoidalPositionalEmbedding

    return SinusoidalPositionalEmbedding(shape[2], max_seq_length=shape[1]).get_buffer("pe").clone()


def _fitted(tensors: Tensors, name: str, shape: Shape) -> Tensor:
    """A weight of this shape; the original autoencoder keeps some matrices as convolutions of one pixel."""
    there = tensors.shapes[name]
    if there not in (shape, (*shape, 1, 1)):
        raise RefusedFile(
            f"The weight {name} of {tensors.path.name} is {there}, where {shape} is wanted.",
            "It is of another family than Stable Diffusion 1.5.",
        )
    return tensors.read(name).reshape(shape).contiguous()


def write_network(network: Any, weights: dict[str, Tensor], folder: Path) -> None:
    """Write a diffusers network's config and weights into a new folder."""
    folder.mkdir(parents=True)
    network.save_config(folder)
    save_file(weights, folder / WEIGHTS, {"format": "pt"})


def write_text_encoder(network: Any, weights: dict[str, Tensor], folder: Path) -> None:
    """Write a text encoder's config and weights into a new folder."""
    folder.mkdir(parents=True)
    network.config.save_pretrained(folder)
    save_file(weights, folder / TEXT_WEIGHTS, {"format": "pt"})
