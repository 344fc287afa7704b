"""What is put onto a loaded checkpoint and comes off again: LoRAs and embeddings."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.errors import ModelMissing
from pipeline.models.convert import VECTORS
from pipeline.models.load import AGAIN, LoadedCheckpoint
from pipeline.models.lora import TEXT, UNET, LowRank, from_tensors
from pipeline.models.store import FILES, Weights

OTHER = "Choose one that was made for this checkpoint's base."


def load_adapter(adapter: Weights, checkpoint: LoadedCheckpoint) -> dict[nn.Module, LowRank]:
    """What a LoRA does to each module of a checkpoint, on the CPU and in the file's number format.

    Raises ModelMissing when its file is damaged or it was made for networks of another shape.
    """
    modules = {UNET + name: module for name, module in checkpoint.unet.named_modules()}
    modules |= {TEXT + name: module for name, module in checkpoint.text_encoder.named_modules()}
    found: dict[nn.Module, LowRank] = {}
    for name, change in _changes(adapter).items():
        module = modules.get(name)
        weight = getattr(module, "weight", None)
        inputs, outputs = change.down.shape[1], change.up.shape[0]
        if module is None or weight is None or (weight.shape[0], weight.shape[1]) != (outputs, inputs):
            raise ModelMissing(
                f"The LoRA {adapter.id} does not fit this checkpoint: {name} is of another shape.", OTHER
            )
        found[module] = change
    return found


def load_embedding(embedding: Weights, checkpoint: LoadedCheckpoint) -> Tensor:
    """The vectors of an embedding, [n, width], on the CPU. Raises ModelMissing when it is damaged or does not fit."""
    vectors = _read(embedding).get(VECTORS)
    width = checkpoint.text_encoder.config.hidden_size
    if vectors is None:
        raise ModelMissing(f"The embedding {embedding.id} holds no vectors.", AGAIN)
    if vectors.shape[1] != width:
        raise ModelMissing(
            f"The embedding {embedding.id} has vectors of {vectors.shape[1]} numbers, the text encoder of {width}.",
            OTHER,
        )
    return vectors


def _changes(adapter: Weights) -> dict[str, LowRank]:
    try:
        return from_tensors(_read(adapter))
    except (KeyError, ValueError) as error:
        raise ModelMissing(f"The LoRA {adapter.id} cannot be read.", AGAIN) from error


def _read(weights: Weights) -> dict[str, Tensor]:
    path = weights.folder / FILES[weights.kind]
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelMissing(f"The model at {path} cannot be read.", AGAIN) from error
