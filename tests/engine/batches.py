"""Batches of noise pictures for the engine's tests, and counters for the calls of the networks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from pipeline.engine.batch import Batch, Hint, Noise, Sampling
from pipeline.engine.img2img import denoised_latents
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore

Result = TypeVar("Result")
EULER = Sampling("euler", steps=25, strength=0.65, guidance_scale=7.5, clip_skip=1)


def noise_pictures(count: int, height: int = 64, width: int = 64, seed: int = 0) -> np.ndarray:
    """uint8 [count, height, width, 3]; the first ones are the same for any count."""
    return np.stack(
        [np.random.default_rng((seed, i)).integers(0, 256, (height, width, 3), np.uint8) for i in range(count)]
    )


def make_batch(store: ModelStore, count: int = 2, height: int = 64, width: int = 64, **changes: Any) -> Batch:
    """`count` frames, numbered from 0, without mask and hints; `changes` are fields of Batch or of its Sampling."""
    sampling = {name: changes.pop(name) for name in tuple(changes) if name in Sampling.__dataclass_fields__}
    batch = Batch(
        checkpoint=store.checkpoint("tiny"),
        pictures=noise_pictures(count, height, width),
        frames=tuple(range(count)),
        masks=None,
        hints=(),
        prompt="film still of a woman",
        negative_prompt="engine render",
        sampling=replace(EULER, **sampling),
        noise=Noise("fixed", seed=7, pass_name="body"),
    )
    return replace(batch, **changes)


def make_hint(
    store: ModelStore, id: str, batch: Batch, weight: float = 1.0, start: float = 0.0, end: float = 1.0
) -> Hint:
    """A hint of noise pictures for a batch, different for each control."""
    count, height, width, _ = batch.pictures.shape
    return Hint(store.control(id), noise_pictures(count, height, width, seed=len(id)), weight, start, end)


def with_hints(batch: Batch, *hints: Hint) -> Batch:
    return replace(batch, hints=hints)


def drive(work: Generator[None, None, Result]) -> Result:
    """Run work to its end at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def latents_of(batch: Batch, residency: Residency) -> np.ndarray:
    """The finished latents, float32 [n, c, h, w]."""
    return drive(denoised_latents(batch, residency)).numpy()


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Counts the calls of every network by the name of its class, on all threads, for as long as the block lasts."""
    calls: Counter[str] = Counter()

    def count(module: nn.Module, inputs: object, output: object) -> None:
        calls[type(module).__name__] += 1

    with register_module_forward_hook(count):
        yield calls
