"""When the accelerator has no memory left: the batch steps down to halves, and every frame keeps its place."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np
import torch

from pipeline.engine.batch import Batch, Pictures
from pipeline.errors import PhotoplayError

Work = Generator[None, None, Pictures]
CPU_WORDS = "can't allocate memory"
"""What torch's allocator for the CPU says in a plain RuntimeError; for CUDA there is an error of its own."""


def stepping_down(batch: Batch, work: Callable[[Batch], Work]) -> Work:
    """The pictures of `work` on the batch, done in halves, and halves of these, where memory does not suffice.

    Noise and hints belong to the frames, not to their places, so only the rounding of larger or smaller matrix products
    can differ. Raises PhotoplayError when a single frame does not fit.
    """
    try:
        return (yield from work(batch))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    release()
    if len(batch.frames) == 1:
        raise PhotoplayError(
            "A single frame does not fit into the memory.", "Lower the working size, or end other programs."
        )
    middle = len(batch.frames) // 2
    first = yield from stepping_down(part(batch, 0, middle), work)
    second = yield from stepping_down(part(batch, middle, len(batch.frames)), work)
    return np.concatenate((first, second))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that memory ran out, on the accelerator or on the CPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or CPU_WORDS in str(error)


def release() -> None:
    """Give back what the failed try still holds."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def part(batch: Batch, start: int, end: int) -> Batch:
    """The frames from `start` up to `end` of a batch as a batch of their own."""
    return replace(
        batch,
        pictures=batch.pictures[start:end],
        frames=batch.frames[start:end],
        masks=None if batch.masks is None else batch.masks[start:end],
        hints=tuple(replace(hint, pictures=hint.pictures[start:end]) for hint in batch.hints),
    )
