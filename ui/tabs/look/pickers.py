"""What can be added to a prompt: the LoRAs and embeddings that are here."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.models.library import listed
from pipeline.models.store import ModelStore

NONE_YET = "None here: train one under Characters, or add a file under Models."
CALLED = {"adapter": "LoRA", "embedding": "embedding"}


def choices(models: ModelStore, hidden: Collection[str], *kinds: str) -> list[tuple[str, str]]:
    """The models of these kinds that are here, as choices of a list: what they are called, and what is written.

    hidden: names of LoRAs that other people have trained.
    """
    here = [model for model in listed(models) if model.kind in kinds and model.here and not model.lacking]
    here = [model for model in here if model.kind != "adapter" or model.id not in hidden]
    return [(f"{CALLED[model.kind]} {model.id}", tag_of(model.kind, model.id)) for model in here]


def tag_of(kind: str, name: str) -> str:
    """What a prompt says to use a model."""
    return f"<lora:{name}:1>" if kind == "adapter" else name


def added(prompt: str, tag: str | None) -> str:
    """The prompt with something added to its end, once."""
    if not tag or tag in prompt:
        return prompt
    return f"{prompt.rstrip().rstrip(',')}, {tag}" if prompt.strip() else tag
