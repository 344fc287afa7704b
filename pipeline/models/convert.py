"""From what an artist has to the one layout that the rest of Photoplay reads, written into a folder that is new."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from pipeline import torchvision_ops
from pipeline.errors import RefusedFile
from pipeline.models import motion, networks
from pipeline.models.catalogue import Kind
from pipeline.models.lora import as_tensors, low_ranks
from pipeline.models.networks import Names, Source
from pipeline.models.recognise import Form, Recognised
from pipeline.models.store import RECORD
from pipeline.models.tensors import Tensors
from pipeline.models.vocabulary import write_tokenizer

ADAPTER, EMBEDDING, UPSCALER = "adapter.safetensors", "embedding.safetensors", "upscaler.safetensors"
VECTORS = "emb_params"
WIDEST_EMBEDDING = 75
"""Vectors that fit into a chunk of a prompt; no embedding can have more."""

NAMES: dict[tuple[Kind, Form], Names] = {
    ("control", "LDM"): networks.ldm_control,
    ("control", "diffusers"): networks.plain,
    ("vae", "LDM"): networks.ldm_vae,
    ("vae", "diffusers"): networks.plain,
    ("motion", "LDM"): motion.original,
    ("motion", "diffusers"): networks.plain,
}


@dataclass(frozen=True)
class Task:
    """A file that was recognised, and what it needs besides itself.

    vae: the folder of an autoencoder for checkpoints that have none, or in place of their own; None = their own.
    """

    tensors: Tensors
    found: Recognised
    vae: Path | None = None


def convert(task: Task, folder: Path) -> tuple[str, ...]:
    """Write the model into `folder`, which must not exist. Returns what an artist should know about it, in sentences.

    Raises RefusedFile with the reason when it cannot be used; OutputError is raised by whoever owns the folder.
    """
    return WRITERS[task.found.kind](task, folder)


def _checkpoint(task: Task, folder: Path) -> tuple[str, ...]:
    tensors = task.tensors
    unet, text = Source(tensors, networks.ldm_unet), Source(tensors, networks.ldm_text)
    own = Source(tensors, networks.ldm_vae)
    if task.vae is None and own.find("decoder.conv_in.weight") is None:
        raise RefusedFile(
            f"{tensors.path.name} has no autoencoder (VAE) of its own.",
            "Import or fetch one, then import this file again with --vae NAME.",
        )
    network = networks.unet_from(unet)
    networks.write_network(network, networks.fill(network, unet), folder / "unet")
    encoder = networks.text_encoder_from(text)
    networks.write_text_encoder(encoder, networks.fill(encoder, text), folder / "text_encoder")
    write_tokenizer(folder / "tokenizer")
    if task.vae is not None:
        shutil.copytree(task.vae, folder / "vae", ignore=shutil.ignore_patterns(RECORD))
    else:
        vae = networks.vae_from(own)
        networks.write_network(vae, networks.fill(vae, own), folder / "vae")
    notes = (f"Its autoencoder is {task.vae.name}.",) if task.vae is not None else ()
    averaged = unet.find("conv_in.weight") == networks.ldm_unet("conv_in.weight")[1]
    return (*notes, "It has running averages (EMA) only; they were taken.") if averaged else notes


def _network(build: Callable[[Source], Any]) -> Callable[[Task, Path], tuple[str, ...]]:
    def write(task: Task, folder: Path) -> tuple[str, ...]:
        source = Source(task.tensors, NAMES[task.found.kind, task.found.form])
        network = build(source)
        networks.write_network(network, networks.fill(network, source), folder)
        return ()

    return write


def _adapter(task: Task, folder: Path) -> tuple[str, ...]:
    changes = low_ranks(task.tensors, _alphas(task.tensors.path))
    folder.mkdir(parents=True)
    save_file(as_tensors(changes), folder / ADAPTER, {"format": "pt"})
    return ()


def _alphas(file: Path) -> dict[str, float] | None:
    """The alpha in the config that PEFT writes beside its weights. Raises RefusedFile for variants of LoRA."""
    config = file.with_name("adapter_config.json")
    if not config.is_file():
        return None
    try:
        said = json.loads(config.read_text(encoding="utf-8"))
        alpha, rank = float(said.get("lora_alpha", said["r"])), float(said["r"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedFile(f"{config.name} beside {file.name} cannot be read.", "Get the adapter again.") from error
    if said.get("use_dora") or said.get("alpha_pattern"):
        raise RefusedFile(f"{file.name} is a variant of LoRA that cannot be used here.", "Choose a plain LoRA.")
    return {"": alpha * rank**0.5 if said.get("use_rslora") else alpha}


def _embedding(task: Task, folder: Path) -> tuple[str, ...]:
    tensors = task.tensors
    wanted = [name for name in tensors.shapes if name == VECTORS or name.startswith("string_to_param.")]
    vectors = tensors.read((wanted or list(tensors.shapes))[0])
    vectors = vectors.unsqueeze(0) if vectors.dim() == 1 else vectors
    if vectors.dim() != 2 or not vectors.is_floating_point() or not 1 <= vectors.shape[0] <= WIDEST_EMBEDDING:
        raise RefusedFile(f"{tensors.path.name} is no embedding for prompts.", "Get the file again.")
    if vectors.shape[1] in (1024, 1280):
        raise RefusedFile(
            f"{tensors.path.name} has vectors of {vectors.shape[1]} numbers, made for another base.",
            "Choose an embedding for Stable Diffusion 1.5: those have 768.",
        )
    if not torch.isfinite(vectors).all():
        raise RefusedFile(f"{tensors.path.name} holds numbers that are none.", "Get the file again.")
    folder.mkdir(parents=True)
    save_file({VECTORS: vectors.contiguous()}, folder / EMBEDDING, {"format": "pt"})
    return ()


def _upscaler(task: Task, folder: Path) -> tuple[str, ...]:
    torchvision_ops.declare()
    from spandrel import ModelLoader, UnsupportedModelError

    weights = {name: task.tensors.read(name).contiguous() for name in task.tensors.shapes}
    try:
        model = ModelLoader(device="cpu").load_from_state_dict(dict(weights))
    except (UnsupportedModelError, RuntimeError, KeyError, ValueError) as error:
        raise RefusedFile(
            f"{task.tensors.path.name} is no model of a kind that is known here.",
            "Known are checkpoints, ControlNets, LoRAs, embeddings, autoencoders (Stable Diffusion 1.5) and upscalers.",
        ) from error
    folder.mkdir(parents=True)
    save_file(weights, folder / UPSCALER, {"format": "pt"})
    return (f"An upscaler: {model.architecture.name}, {model.scale} times.",)


WRITERS: dict[Kind, Callable[[Task, Path], tuple[str, ...]]] = {
    "checkpoint": _checkpoint,
    "control": _network(networks.control_from),
    "vae": _network(networks.vae_from),
    "motion": _network(motion.adapter_from),
    "adapter": _adapter,
    "embedding": _embedding,
    "upscaler": _upscaler,
}
