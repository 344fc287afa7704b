"""From folders to torch modules: local files only, every weight accounted for, ready for inference.

Weights lie on disk as float16 safetensors. On a CPU they are widened to float32, because half-precision products are
far slower there; elsewhere they stay float16.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn

from pipeline import torchvision_ops
from pipeline.errors import ModelMissing
from pipeline.models.store import Checkpoint, Control

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

AGAIN = "Its files are damaged or belong to something else: get the model again."


@dataclass(frozen=True)
class LoadedCheckpoint:
    """The networks of a checkpoint, frozen, in evaluation mode, on one device."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL | AutoencoderTiny
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer


@dataclass(frozen=True)
class LoadedControl:
    """A ControlNet in two parts.

    embedder: hint picture [n, 3, H, W] in 0..1 -> features [n, c, h, w]. They are the same for every step and for both
        halves of guidance, so they are computed once per frame.
    net: the rest; it takes those features as its `controlnet_cond`.
    """

    net: ControlNetModel
    embedder: nn.Module


def dtype_on(device: torch.device) -> torch.dtype:
    """The number format of the weights on this device."""
    return torch.float32 if device.type == "cpu" else torch.float16


def load_checkpoint(checkpoint: Checkpoint, device: torch.device) -> LoadedCheckpoint:
    """All networks of a checkpoint. Raises ModelMissing when a file is damaged or the parts do not fit together."""
    torchvision_ops.declare()
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    folder = checkpoint.folder
    text_encoder = _network(CLIPTextModel, folder / "text_encoder", device)
    with _reading(folder / "tokenizer"):
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    entries, vocabulary = len(tokenizer), text_encoder.config.vocab_size
    if entries != vocabulary:
        raise ModelMissing(
            f"The tokenizer of {checkpoint.id} has {entries} entries and its text encoder {vocabulary}.", AGAIN
        )
    unet = _network(UNet2DConditionModel, folder / "unet", device)
    return LoadedCheckpoint(unet, _autoencoder(folder / "vae", device), text_encoder, tokenizer)


def load_control(control: Control, device: torch.device) -> LoadedControl:
    """A ControlNet, its hint embedding split off. Raises ModelMissing when it is damaged or of a kind we cannot run."""
    torchvision_ops.declare()
    from diffusers import ControlNetModel

    net = _network(ControlNetModel, control.folder, device)
    if net.config.controlnet_conditioning_channel_order != "rgb" or net.config.global_pool_conditions:
        raise ModelMissing(
            f"The ControlNet {control.id} reads its hints in a way that is not supported.", "Choose another ControlNet."
        )
    embedder, net.controlnet_cond_embedding = net.controlnet_cond_embedding, nn.Identity()
    return LoadedControl(net, embedder)


def _autoencoder(folder: Path, device: torch.device) -> AutoencoderKL | AutoencoderTiny:
    """The full autoencoder or the tiny one, as the folder's config says."""
    from diffusers import AutoencoderKL, AutoencoderTiny

    with _reading(folder):
        name = json.loads((folder / "config.json").read_text())["_class_name"]
    return _network(AutoencoderTiny if name == "AutoencoderTiny" else AutoencoderKL, folder, device)


def _network(network: Any, folder: Path, device: torch.device) -> Any:
    """A diffusers or transformers network from its folder. The libraries let missing weights pass; this does not."""
    with _reading(folder):
        module, report = network.from_pretrained(
            folder,
            torch_dtype=dtype_on(device),
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    if absent := [*report["missing_keys"], *report["mismatched_keys"]]:
        raise ModelMissing(f"The model at {folder} lacks {len(absent)} of its weights.", AGAIN)
    return module.to(device=device, memory_format=torch.channels_last).eval().requires_grad_(False)


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Turn whatever the libraries say about unreadable files into one ModelMissing, and hold back their notices.

    Their progress bars and warnings mean nothing to an artist: what matters in them is checked here and raised.
    """
    from diffusers.utils import logging as diffusers_log
    from transformers.utils import logging as transformers_log

    levels = [(log, log.get_verbosity()) for log in (diffusers_log, transformers_log)]
    bar = transformers_log.is_progress_bar_enabled()
    try:
        for log, _ in levels:
            log.set_verbosity_error()
        transformers_log.disable_progress_bar()
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelMissing(f"The model at {folder} cannot be read.", AGAIN) from error
    finally:
        for log, level in levels:
            log.set_verbosity(level)
        if bar:
            transformers_log.enable_progress_bar()
