"""What each weight of Stable Diffusion 1 is called in the original (LDM) files, from its name in diffusers.

The names are facts of two public formats: the original keeps one running number over all levels of the UNet, where
diffusers counts levels and blocks. Checked in tests against names written out and against diffusers' own converter.
"""

from __future__ import annotations

import re

LAYERS = 2
"""Residual blocks of a level on the way down; one more on the way up. The same for the whole family."""
LEVELS = 4

UNET, UNET_AVERAGED = "model.diffusion_model.", "model_ema."
VAE = "first_stage_model."
TEXT = "cond_stage_model.transformer."
CONTROL = "control_model."

RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "controlnet_mid_block": "middle_block_out.0",
    "controlnet_cond_embedding.conv_in": "input_hint_block.0",
    "controlnet_cond_embedding.conv_out": "input_hint_block.14",
}
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
OLDER_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""The autoencoder's attention in files of diffusers before 0.17."""


def unet_name(name: str) -> str:
    """The LDM name, without its prefix, of a weight of the UNet or of a ControlNet."""
    module, leaf = name.rsplit(".", 1)
    return f"{unet_module(module)}.{leaf}"


def unet_module(module: str) -> str:
    """The LDM name of a module of the UNet or of a ControlNet."""
    if module in ENDS:
        return ENDS[module]
    if found := re.fullmatch(r"controlnet_cond_embedding\.blocks\.(\d+)", module):
        return f"input_hint_block.{2 * int(found[1]) + 2}"
    if found := re.fullmatch(r"controlnet_down_blocks\.(\d+)", module):
        return f"zero_convs.{found[1]}.0"
    if found := re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|\w+samplers)\.(\d+)\.(.+)", module):
        way, level, kind, block, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
        return _down(level, kind, block, rest) if way == "down" else _up(level, kind, block, rest)
    if found := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)", module):
        if found[1] == "attentions":
            return f"middle_block.1.{found[3]}"
        return f"middle_block.{2 * int(found[2])}.{RESIDUAL[found[3]]}"
    return module


def _down(level: int, kind: str, block: int, rest: str) -> str:
    first = level * (LAYERS + 1)
    if kind == "downsamplers":
        return f"input_blocks.{first + LAYERS + 1}.0.op"
    place = f"input_blocks.{first + block + 1}"
    return f"{place}.0.{RESIDUAL[rest]}" if kind == "resnets" else f"{place}.1.{rest}"


def _up(level: int, kind: str, block: int, rest: str) -> str:
    first = level * (LAYERS + 1)
    if kind == "upsamplers":
        return f"output_blocks.{first + LAYERS}.{1 if level == 0 else 2}.conv"
    place = f"output_blocks.{first + block}"
    return f"{place}.0.{RESIDUAL[rest]}" if kind == "resnets" else f"{place}.1.{rest}"


def averaged_name(name: str) -> str:
    """The LDM name of a UNet weight's running average, prefix included: training kept it without dots."""
    return UNET_AVERAGED + f"diffusion_model.{unet_name(name)}".replace(".", "")


def vae_name(name: str) -> str:
    """The LDM name, without its prefix, of a weight of the autoencoder."""
    name = re.sub(r"up_blocks\.(\d)", lambda found: f"up.{LEVELS - 1 - int(found[1])}", name)
    name = re.sub(r"down_blocks\.(\d)", r"down.\1", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
    name = re.sub(r"(down|up)samplers\.0\.", r"\1sample.", name).replace(".resnets.", ".block.")
    for ours, theirs in ATTENTION.items():
        name = name.replace(f"mid_block.attentions.0.{ours}.", f"mid.attn_1.{theirs}.")
    return name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")


def older_vae_name(name: str) -> str:
    """The name of a weight of the autoencoder in older diffusers files."""
    for newer, older in OLDER_ATTENTION.items():
        name = name.replace(f"mid_block.attentions.0.{newer}.", f"mid_block.attentions.0.{older}.")
    return name
