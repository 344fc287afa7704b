"""A finished LoRA as a file that other programs read: kohya's names and metadata, which Auto1111 and ComfyUI know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from pipeline.files import atomic
from pipeline.models.lora import MODULES_NOTE, TEXT, UNET, LowRank, modules
from training.characters.dataset import Dataset
from training.characters.settings import Training

STARTS = {UNET: "lora_unet_", TEXT: "lora_te_text_model_"}


def kohya_name(module: str) -> str:
    """How kohya's files call a module."""
    start = next(start for start in STARTS if module.startswith(start))
    return STARTS[start] + module.removeprefix(start).removeprefix("text_model.").replace(".", "_")


def kohya_tensors(lora: Mapping[str, LowRank]) -> dict[str, Tensor]:
    """The LoRA as kohya's files hold it, in float16."""
    tensors: dict[str, Tensor] = {}
    for module, change in lora.items():
        name = kohya_name(module)
        tensors[f"{name}.lora_down.weight"] = change.down.half().contiguous()
        tensors[f"{name}.lora_up.weight"] = change.up.half().contiguous()
        tensors[f"{name}.alpha"] = torch.tensor(change.scale * change.down.shape[0], dtype=torch.float16)
    return tensors


def strange_modules(lora: Mapping[str, LowRank]) -> dict[str, str]:
    """Kohya's names of modules that Stable Diffusion 1.5 does not have -> the modules: nobody could tell them apart."""
    written = {kohya_name(module): module for module in lora}
    return {name: module for name, module in written.items() if modules().get(name) != module}


def export(lora: Mapping[str, LowRank], settings: Training, dataset: Dataset, path: Path) -> None:
    """Write the LoRA with its trigger, its settings and the hash of its pictures. Raises OutputError."""
    notes = {
        "ss_output_name": settings.name,
        "ss_base_model_version": "sd_v1",
        "ss_sd_model_name": settings.base,
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(settings.rank),
        "ss_network_alpha": str(settings.alpha),
        "ss_steps": str(settings.steps),
        "ss_learning_rate": str(settings.rate),
        "ss_seed": str(settings.seed),
        "ss_num_train_images": str(len(dataset.items)),
        "ss_tag_frequency": json.dumps({settings.name: {settings.trigger: len(dataset.items)}}),
        "modelspec.title": settings.name,
        "modelspec.trigger_phrase": settings.trigger,
        "photoplay.settings": settings.model_dump_json(),
        "photoplay.dataset": dataset.key,
        "photoplay.consent": settings.consent,
        MODULES_NOTE: json.dumps(strange_modules(lora)),
    }
    with atomic(path) as part:
        part.write_bytes(save(kohya_tensors(lora), metadata=notes))
