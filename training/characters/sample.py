"""A LoRA in training, tried on as if it were finished: under a name of its own, for as long as a block lasts."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.files import explained
from pipeline.models.importing import Wish, import_model
from pipeline.models.lora import LowRank
from pipeline.models.store import ModelStore
from pipeline.recipe.passes import AdapterSpec
from pipeline.recipe.recipe import Recipe
from training.characters.dataset import read_dataset
from training.characters.export import export
from training.characters.settings import Training

WEIGHT = 0.8
"""How much the LoRA counts in samples: what most people use in prompts."""


def wearing(recipe: Recipe, lora: str, trigger: str, weight: float = WEIGHT) -> Recipe:
    """The recipe with the LoRA in every pass, and the trigger in front of every prompt."""
    passes = tuple(
        spec.model_copy(
            update={
                "adapters": (*spec.adapters, AdapterSpec(id=lora, weight=weight)),
                "prompt": f"{trigger}, {recipe.prompt_of(spec)}",
            }
        )
        for spec in recipe.passes
    )
    return recipe.model_copy(update={"passes": passes})


@contextmanager
def tried_on(
    lora: Mapping[str, LowRank], step: int, settings: Training, pictures: Path, models: ModelStore
) -> Generator[str]:
    """Give the name under which recipes find the LoRA as it is at this step; afterwards it is gone again.

    Raises OutputError.
    """
    name = f"{settings.name}-step-{step}"
    file = pictures / f"{name}.safetensors"
    try:
        export(lora, settings, read_dataset(pictures), file)
        with for_a_while(file, name, models):
            yield name
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def for_a_while(file: Path, name: str, models: ModelStore) -> Generator[None]:
    """Let recipes find the LoRA in a file under this name, for as long as the block lasts. Raises OutputError."""
    place = models.place("adapter", name)
    with explained(place):
        shutil.rmtree(place, ignore_errors=True)
        try:
            import_model(file, models, Wish(name))
            yield
        finally:
            shutil.rmtree(place, ignore_errors=True)
