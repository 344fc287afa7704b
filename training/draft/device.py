"""Where the draft model is trained: on a GPU if there is one, else on the processor; bfloat16 wherever that is safe."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Drawn = TypeVar("Drawn")
READERS_ON_CPU, READERS_ON_GPU = 1, 6
"""Threads that draw batches while the networks work on the one before."""


def device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def move(model: torch.nn.Module) -> None:
    """Put a model where training happens (in place)."""
    model.to(device())


def lean() -> torch.autocast:
    """Arithmetic in bfloat16 where that is safe, weights stay float32."""
    return torch.autocast(device().type, torch.bfloat16)


def ahead(draw: Callable[[int], Drawn], steps: range) -> Iterator[Drawn]:
    """`draw(step)` of every step in their order, drawn a little ahead on other threads."""
    readers = READERS_ON_GPU if device().type == "cuda" else READERS_ON_CPU
    waiting: deque[Future[Drawn]] = deque()
    pool = ThreadPoolExecutor(readers)
    try:
        for step in steps:
            waiting.append(pool.submit(draw, step))
            if len(waiting) > readers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
