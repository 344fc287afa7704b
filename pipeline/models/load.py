"""From folders to torch modules: local files only, every weight accounted for, ready for inference.

Weights lie on disk as float16 safetensors. On a CPU they are widened to float32, because half-precision products are
far slower there; on most cards they stay float16 (see `machine.number_format`).
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
from pipeline.models.machine import Machine, NumberFormat, number_format
from pipeline.models.store import Checkpoint, Control, Weights

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, MotionAdapter, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

FORMATS: dict[NumberFormat, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
USUAL = Machine()
AGAIN = "Its files are damaged or belong to something else: get the model again."


@dataclass(frozen=True)
class Kept:
    """Where a network is kept, and in which number format."""

    device: torch.device
    dtype: torch.dtype


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


def dtype_on(device: torch.device, machine: Machine = USUAL) -> torch.dtype:
    """The number format of the weights on this device. Raises RecipeError when the machine is set to a wrong one."""
    known = device.type == "cuda" and torch.cuda.is_available()
    capability = torch.cuda.get_device_capability(device) if known else None
    return FORMATS[number_format(device.type, capability, machine)]


def load_checkpoint(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype | None = None) -> LoadedCheckpoint:
    """All networks of a checkpoint. dtype: of their weights; None = what suits the device.

    Raises ModelMissing when a file is damaged or the parts do not fit together.
    """
    torchvision_ops.declare()
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    folder, kept = checkpoint.folder, Kept(device, dtype or dtype_on(device))
    text_encoder = _network(CLIPTextModel, folder / "text_encoder", kept)
    with _reading(folder / "tokenizer"):
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    entries, vocabulary = len(tokenizer), text_encoder.config.vocab_size
    if entries != vocabulary:
        raise ModelMissing(
            f"The tokenizer of {checkpoint.id} has {entries} entries and its text encoder {vocabulary}.", AGAIN
        )
    unet = _network(UNet2DConditionModel, folder / "unet", kept)
    vae = _autoencoder(folder / "vae" if checkpoint.vae is None else checkpoint.vae.folder, kept)
    return LoadedCheckpoint(unet, vae, text_encoder, tokenizer)


def load_control(control: Control, device: torch.device, dtype: torch.dtype | None = None) -> LoadedControl:
    """A ControlNet, its hint embedding split off. dtype: of its weights; None = what suits the device.

    Raises ModelMissing when it is damaged or of a kind we cannot run.
    """
    torchvision_ops.declare()
    from diffusers import ControlNetModel

    net = _network(ControlNetModel, control.folder, Kept(device, dtype or dtype_on(device)))
    if net.config.controlnet_conditioning_channel_order != "rgb" or net.config.global_pool_conditions:
        raise ModelMissing(
            f"The ControlNet {control.id} reads its hints in a way that is not supported.", "Choose another ControlNet."
        )
    embedder, net.controlnet_cond_embedding = net.controlnet_cond_embedding, nn.Identity()
    return LoadedControl(net, embedder)


def load_motion(motion: Weights, device: torch.device, dtype: torch.dtype | None = None) -> MotionAdapter:
    """A motion adapter. dtype: of its weights; None = what suits the device. Raises ModelMissing when it is damaged."""
    torchvision_ops.declare()
    from diffusers import MotionAdapter

    return _network(MotionAdapter, motion.folder, Kept(device, dtype or dtype_on(device)))


def _autoencoder(folder: Path, kept: Kept) -> AutoencoderKL | AutoencoderTiny:
    """The full autoencoder or the tiny one, as the folder's config says.

    On a CPU it takes one picture after the other: what it works at then stays in the processor's cache.
    """
    from diffusers import AutoencoderKL, AutoencoderTiny

    with _reading(folder):
        name = json.loads((folder / "config.json").read_text())["_class_name"]
    autoencoder = _network(AutoencoderTiny if name == "AutoencoderTiny" else AutoencoderKL, folder, kept)
    if kept.device.type == "cpu":
        autoencoder.enable_slicing()
    return autoencoder


def _network(network: Any, folder: Path, kept: Kept) -> Any:
    """A diffusers or transformers network from its folder. The libraries let missing weights pass; this does not."""
    with _reading(folder):
        module, report = network.from_pretrained(
            folder,
            torch_dtype=kept.dtype,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    if absent := [*report["missing_keys"], *report["mismatched_keys"]]:
        raise ModelMissing(f"The model at {folder} lacks {len(absent)} of its weights.", AGAIN)
    return module.to(device=kept.device, memory_format=torch.channels_last).eval().requires_grad_(False)


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
