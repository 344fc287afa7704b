"""AnimateDiff's motion adapters: from the original files to diffusers' network, the config read off the shapes.

The original calls a layer `down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0`
where diffusers says `down_blocks.0.motion_modules.0.transformer_blocks.0.attn1`. Heads and groups leave no trace in the
shapes: 8 and 32 in every public file.
"""

from __future__ import annotations

import re
from typing import Any

import torch

from pipeline import torchvision_ops
from pipeline.models.networks import PLACES, Source

MODULE = re.compile(r"(.*\bmotion_modules\.\d+)\.(.+)")
PARTS = (
    (".attn1.", ".attention_blocks.0."),
    (".attn2.", ".attention_blocks.1."),
    (".norm1.", ".norms.0."),
    (".norm2.", ".norms.1."),
    (".norm3.", ".ff_norm."),
    (PLACES, ".attention_blocks.0.pos_encoder.pe"),
)
"""Part of a diffusers name -> what the original says."""


def original(name: str) -> tuple[str, ...]:
    """A weight's name in AnimateDiff's own files, with and without what parallel training puts before it."""
    found = MODULE.fullmatch(name)
    if found is None:
        return (name,)
    rest = f".{found[2]}"
    for ours, theirs in PARTS:
        rest = rest.replace(ours, theirs)
    own = f"{found[1]}.temporal_transformer{rest}"
    return own, f"module.{own}"


def adapter_from(source: Source) -> Any:
    """A motion adapter without memory for its weights, of the widths in the file. Raises RefusedFile."""
    torchvision_ops.declare()
    from diffusers import MotionAdapter

    block, norm, table = "motion_modules.0", "norm.weight", f"transformer_blocks.0{PLACES}"
    levels = source.count("down_blocks.", f".{block}.{norm}")
    told = source.find(f"down_blocks.0.{block}.{table}")
    config: dict[str, Any] = {
        "block_out_channels": tuple(
            source.shape(f"down_blocks.{at}.{block}.{norm}")[0] for at in range(max(levels, 1))
        ),
        "motion_layers_per_block": source.count("down_blocks.0.motion_modules.", f".{norm}"),
        "use_motion_mid_block": source.find(f"mid_block.{block}.{norm}") is not None,
    }
    if told is not None:
        config["motion_max_seq_length"] = source.tensors.shapes[told][1]
    with torch.device("meta"):
        return MotionAdapter(**config)
