"""Tiny models for tests: the real classes with random weights, in the very layout of an artist's models folder.

Nothing here is trained, so pictures come out as colourful noise; but every input changes the output, and a step over
four 64x64 frames takes some milliseconds. Everything is seeded, so the same files come out each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers.pre_tokenizers import ByteLevel

from pipeline import torchvision_ops
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.recipe import Recipe

torchvision_ops.declare()

from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, MotionAdapter, UNet2DConditionModel  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer  # noqa: E402

CHECKPOINT = "tiny"
CONTROLS = ("tiny-canny", "tiny-openpose", "tiny-mediapipe_face")
MOTION = "tiny-motion"
TEXT_WIDTH = 32
POSITIONS = 77
SYMBOLS = sorted(ByteLevel.alphabet())
START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = [*SYMBOLS, *(symbol + "</w>" for symbol in SYMBOLS), START, END]


def recipe(**changes: object) -> Recipe:
    """A body pass of two steps with the tiny checkpoint, with settings changed."""
    data = {"title": "Tiny", "checkpoint": CHECKPOINT, "working_size": 64, "passes": [{"name": "body", "steps": 2}]}
    return parse_recipe(data | changes, "tiny")


def make_models(folder: Path) -> None:
    """Write `checkpoints/tiny`, `controlnets/tiny-KIND`, `motion/tiny-motion` where ModelStore(folder) finds them."""
    make_checkpoint(folder / "checkpoints" / CHECKPOINT)
    for seed, name in enumerate(CONTROLS):
        _save(controlnet(10 + seed), folder / "controlnets" / name)
    _save(motion_adapter(), folder / "motion" / MOTION)


def make_checkpoint(folder: Path, autoencoder: Literal["full", "tiny"] = "full") -> None:
    """Write a checkpoint into `folder`, with either kind of autoencoder."""
    _save(unet(), folder / "unet")
    _save(full_autoencoder() if autoencoder == "full" else tiny_autoencoder(), folder / "vae")
    _save(text_encoder(), folder / "text_encoder")
    tokenizer().save_pretrained(folder / "tokenizer")


def unet() -> UNet2DConditionModel:
    """Three levels of 32 channels, the first without attention; a latent is halved twice on the way down."""
    torch.manual_seed(1)
    return UNet2DConditionModel(
        sample_size=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(32, 32, 32),
        layers_per_block=1,
        attention_head_dim=4,
        norm_num_groups=8,
        cross_attention_dim=TEXT_WIDTH,
    )


def controlnet(seed: int) -> ControlNetModel:
    """A ControlNet of the tiny UNet. Its zero convolutions get small random weights, or it would change nothing."""
    net = ControlNetModel.from_unet(unet(), conditioning_embedding_out_channels=(8, 8, 8, 8))
    torch.manual_seed(seed)
    zeroed = (net.controlnet_cond_embedding.conv_out, *net.controlnet_down_blocks, net.controlnet_mid_block)
    for module in zeroed:
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    return net


def motion_adapter(mid: bool = True) -> MotionAdapter:
    """A motion adapter of the tiny UNet for eight frames; its last layers are not zero, or it would change nothing."""
    torch.manual_seed(20)
    return MotionAdapter(
        block_out_channels=(32, 32, 32),
        motion_layers_per_block=1,
        motion_norm_num_groups=8,
        motion_max_seq_length=8,
        use_motion_mid_block=mid,
    )


def full_autoencoder() -> AutoencoderKL:
    """Stable Diffusion's kind of autoencoder, eight times smaller on a side, four channels."""
    torch.manual_seed(2)
    shape: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": (8, 8, 8, 8),
        "norm_num_groups": 4,
        "latent_channels": 4,
    }
    return AutoencoderKL(**shape)


def tiny_autoencoder() -> AutoencoderTiny:
    """The draft model's kind of autoencoder, eight times smaller on a side, four channels."""
    torch.manual_seed(3)
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(0, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 0),
        latent_channels=4,
    )


def text_encoder() -> CLIPTextModel:
    """CLIP's text encoder with three layers."""
    torch.manual_seed(4)
    last = len(VOCABULARY) - 1
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=POSITIONS,
            bos_token_id=last - 1,
            eos_token_id=last,
            pad_token_id=last,
        )
    )


def tokenizer() -> CLIPTokenizer:
    """CLIP's tokenizer over single bytes: no merges, so a prompt is as many tokens as it has letters."""
    vocabulary = {symbol: id for id, symbol in enumerate(VOCABULARY)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=POSITIONS)


def _save(network: Any, folder: Path) -> None:
    """As weights lie on an artist's disk: float16 safetensors."""
    network.half().save_pretrained(folder)
