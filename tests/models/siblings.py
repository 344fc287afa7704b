"""Files as artists have them: Stable Diffusion 1.5's own structure and true weight names, narrower, at random.

The names are written out here as facts about the files people have, independently of the code that reads them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

WIDTHS = (32, 64, 96, 96)
TEXT = 32
TIME = 4 * WIDTHS[0]
LAYERS = 2
WORDS = 49408

Shapes = dict[str, tuple[int, ...]]
Weights = dict[str, Tensor]


def random(shapes: Shapes, seed: int, dtype: torch.dtype = torch.float16) -> Weights:
    """Random weights of these shapes, the same each time."""
    generator = torch.Generator().manual_seed(seed)
    return {name: (0.1 * torch.randn(shape, generator=generator)).to(dtype) for name, shape in shapes.items()}


def norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def conv(name: str, inputs: int, outputs: int, size: int = 3) -> Shapes:
    return {f"{name}.weight": (outputs, inputs, size, size), f"{name}.bias": (outputs,)}


def linear(name: str, inputs: int, outputs: int, bias: bool = True) -> Shapes:
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def residual(name: str, inputs: int, outputs: int) -> Shapes:
    """A residual block of the UNet."""
    shapes = norm(f"{name}.in_layers.0", inputs) | conv(f"{name}.in_layers.2", inputs, outputs)
    shapes |= linear(f"{name}.emb_layers.1", TIME, outputs)
    shapes |= norm(f"{name}.out_layers.0", outputs) | conv(f"{name}.out_layers.3", outputs, outputs)
    return shapes | (conv(f"{name}.skip_connection", inputs, outputs, 1) if inputs != outputs else {})


def attention(name: str, width: int) -> Shapes:
    """A transformer of the UNet."""
    block = f"{name}.transformer_blocks.0"
    shapes = norm(f"{name}.norm", width) | conv(f"{name}.proj_in", width, width, 1)
    for which, text in (("attn1", width), ("attn2", TEXT)):
        shapes |= linear(f"{block}.{which}.to_q", width, width, bias=False)
        shapes |= linear(f"{block}.{which}.to_k", text, width, bias=False)
        shapes |= linear(f"{block}.{which}.to_v", text, width, bias=False)
        shapes |= linear(f"{block}.{which}.to_out.0", width, width)
    shapes |= linear(f"{block}.ff.net.0.proj", width, 8 * width) | linear(f"{block}.ff.net.2", 4 * width, width)
    for which in ("norm1", "norm2", "norm3"):
        shapes |= norm(f"{block}.{which}", width)
    return shapes | conv(f"{name}.proj_out", width, width, 1)


def way_down(channels: int = 4) -> tuple[Shapes, list[int]]:
    """`input_blocks.0` to `.11` and the middle, and what each block gives."""
    shapes = linear("time_embed.0", WIDTHS[0], TIME) | linear("time_embed.2", TIME, TIME)
    shapes |= conv("input_blocks.0.0", channels, WIDTHS[0])
    given, width, number = [WIDTHS[0]], WIDTHS[0], itertools.count(1)
    for level, wide in enumerate(WIDTHS):
        for _ in range(LAYERS):
            block = f"input_blocks.{next(number)}"
            shapes |= residual(f"{block}.0", width, wide)
            shapes |= attention(f"{block}.1", wide) if level < 3 else {}
            width = wide
            given.append(width)
        if level < 3:
            shapes |= conv(f"input_blocks.{next(number)}.0.op", width, width)
            given.append(width)
    shapes |= residual("middle_block.0", width, width)
    shapes |= attention("middle_block.1", width) | residual("middle_block.2", width, width)
    return shapes, given


def unet(channels: int = 4) -> Shapes:
    """The UNet without its prefix."""
    shapes, given = way_down(channels)
    width, number = WIDTHS[-1], itertools.count()
    for level, wide in reversed(list(enumerate(WIDTHS))):
        for layer in range(LAYERS + 1):
            block = f"output_blocks.{next(number)}"
            shapes |= residual(f"{block}.0", width + given.pop(), wide)
            shapes |= attention(f"{block}.1", wide) if level < 3 else {}
            if layer == LAYERS and level > 0:
                shapes |= conv(f"{block}.{1 if level == 3 else 2}.conv", wide, wide)
            width = wide
    return shapes | norm("out.0", width) | conv("out.2", width, 4)


def control() -> Shapes:
    """A ControlNet without its prefix."""
    shapes, given = way_down()
    for number, width in enumerate(given):
        shapes |= conv(f"zero_convs.{number}.0", width, width, 1)
    shapes |= conv("middle_block_out.0", WIDTHS[-1], WIDTHS[-1], 1)
    hint = (3, 16, 16, 32, 32, 96, 96, 256, WIDTHS[0])
    for number, (inputs, outputs) in enumerate(itertools.pairwise(hint)):
        shapes |= conv(f"input_hint_block.{2 * number}", inputs, outputs)
    return shapes


def vae_residual(name: str, inputs: int, outputs: int) -> Shapes:
    shapes = norm(f"{name}.norm1", inputs) | conv(f"{name}.conv1", inputs, outputs)
    shapes |= norm(f"{name}.norm2", outputs) | conv(f"{name}.conv2", outputs, outputs)
    return shapes | (conv(f"{name}.nin_shortcut", inputs, outputs, 1) if inputs != outputs else {})


def vae_middle(name: str, width: int) -> Shapes:
    shapes = vae_residual(f"{name}.block_1", width, width) | norm(f"{name}.attn_1.norm", width)
    for part in ("q", "k", "v", "proj_out"):
        shapes |= conv(f"{name}.attn_1.{part}", width, width, 1)
    return shapes | vae_residual(f"{name}.block_2", width, width)


def vae() -> Shapes:
    """The autoencoder without its prefix."""
    shapes, width = conv("encoder.conv_in", 3, WIDTHS[0]), WIDTHS[0]
    for level, wide in enumerate(WIDTHS):
        for layer in range(LAYERS):
            shapes |= vae_residual(f"encoder.down.{level}.block.{layer}", width, wide)
            width = wide
        shapes |= conv(f"encoder.down.{level}.downsample.conv", wide, wide) if level < 3 else {}
    shapes |= vae_middle("encoder.mid", width) | norm("encoder.norm_out", width) | conv("encoder.conv_out", width, 8)
    shapes |= conv("quant_conv", 8, 8, 1) | conv("post_quant_conv", 4, 4, 1) | conv("decoder.conv_in", 4, width)
    shapes |= vae_middle("decoder.mid", width)
    for level, wide in reversed(list(enumerate(WIDTHS))):
        for layer in range(LAYERS + 1):
            shapes |= vae_residual(f"decoder.up.{level}.block.{layer}", width, wide)
            width = wide
        shapes |= conv(f"decoder.up.{level}.upsample.conv", wide, wide) if level > 0 else {}
    return shapes | norm("decoder.norm_out", width) | conv("decoder.conv_out", width, 3)


def text_encoder() -> Shapes:
    """CLIP's text encoder with two layers, as transformers calls it in the files of Stable Diffusion 1."""
    shapes: Shapes = {
        "text_model.embeddings.token_embedding.weight": (WORDS, TEXT),
        "text_model.embeddings.position_embedding.weight": (77, TEXT),
    }
    for layer in range(2):
        name = f"text_model.encoder.layers.{layer}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            shapes |= linear(f"{name}.self_attn.{part}", TEXT, TEXT)
        shapes |= linear(f"{name}.mlp.fc1", TEXT, 4 * TEXT) | linear(f"{name}.mlp.fc2", 4 * TEXT, TEXT)
        shapes |= norm(f"{name}.layer_norm1", TEXT) | norm(f"{name}.layer_norm2", TEXT)
    return shapes | norm("text_model.final_layer_norm", TEXT)


def prefixed(prefix: str, weights: Weights) -> Weights:
    return {prefix + name: tensor for name, tensor in weights.items()}


def checkpoint(dtype: torch.dtype = torch.float16, with_vae: bool = True) -> Weights:
    """A pruned LDM checkpoint, with what the original files carry besides weights."""
    weights = prefixed("model.diffusion_model.", random(unet(), 1, dtype))
    weights |= prefixed("first_stage_model.", random(vae(), 2, dtype)) if with_vae else {}
    weights |= prefixed("cond_stage_model.transformer.", random(text_encoder(), 3, dtype))
    weights["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(77).unsqueeze(0)
    return weights | {"betas": torch.zeros(1000), "alphas_cumprod": torch.ones(1000)}


def averaged(weights: Weights) -> Weights:
    """The running averages of the UNet that training keeps: names without dots, other numbers."""
    kept = {name: tensor for name, tensor in weights.items() if name.startswith("model.diffusion_model.")}
    return {f"model_ema.{name.removeprefix('model.').replace('.', '')}": 2 * t for name, t in kept.items()}


def lora(names: dict[str, tuple[tuple[int, ...], tuple[int, ...]]], seed: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Module, its matrix down and its matrix up, random."""
    generator = torch.Generator().manual_seed(seed)
    for name, (down, up) in names.items():
        yield name, torch.randn(down, generator=generator), torch.randn(up, generator=generator)


def write(weights: Weights, path: Path, notes: dict[str, str] | None = None) -> Path:
    """A safetensors file."""
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path, notes)
    return path
