"""When the accelerator has no memory left: the batch steps down to halves, and every frame keeps its place."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.engine.batch import Batch
from pipeline.engine.guidance import times_seen
from pipeline.errors import PhotoplayError
from pipeline.keys import Key

Number = TypeVar("Number", bound=np.generic)
MakeRoom = Callable[[Batch], bool]
"""Lets go of what a batch does not need. Says whether there was anything."""
CPU_WORDS = "can't allocate memory"
"""What torch's allocator for the CPU says in a plain RuntimeError; for CUDA there is an error of its own."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Demand:
    """What decides how much memory a frame takes. seen: how often each step runs it. leading: key frames."""

    checkpoint: Key
    controls: tuple[Key, ...]
    size: tuple[int, int]
    masked: bool
    seen: int
    leading: int

    @classmethod
    def of(cls, batch: Batch) -> Demand:
        """The demand of a batch's frames."""
        return cls(
            checkpoint=batch.checkpoint.key,
            controls=tuple(hint.control.key for hint in batch.hints if hint.weight != 0),
            size=(batch.pictures.shape[1], batch.pictures.shape[2]),
            masked=batch.masks is not None,
            seen=times_seen(batch),
            leading=batch.leading,
        )


@dataclass
class Limits:
    """How many frames at once have been found to be too many, by demand; used by the accelerator's thread only."""

    too_many: dict[Demand, int] = field(default_factory=dict)

    def fits(self, batch: Batch) -> bool:
        """Whether a batch may be tried as it is."""
        count = batch.wanted
        return count == 1 or count < self.too_many.get(Demand.of(batch), count + 1)

    def lower(self, batch: Batch) -> None:
        """Remember that so many frames do not fit, if that is news."""
        if not self.fits(batch):
            return
        count, demand = batch.wanted, Demand.of(batch)
        self.too_many[demand] = count
        height, width = demand.size
        log.warning("%d frames of %dx%d do not fit into the memory: from now on in halves", count, width, height)


def stepping_down(
    batch: Batch, work: Callable[[Batch], Generator[None, None, NDArray[Number]]], limits: Limits, make_room: MakeRoom
) -> Generator[None, None, NDArray[Number]]:
    """What `work` makes of the batch's frames, in halves, and halves of these, where memory does not suffice.

    limits: what was found before; a batch that did not fit once is not tried again at that size. make_room: asked first
    when memory runs out, and the batch is tried again if there was anything to let go of.
    Noise and hints belong to the frames, not to their places, so only the rounding of larger or smaller matrix products
    can differ. Raises PhotoplayError when a single frame does not fit twice, or frames that are made together do not.
    """
    tries = 1 if batch.wanted > 1 else 2
    while tries and (limits.fits(batch) or batch.motion is not None):
        try:
            return (yield from work(batch))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        tries -= 0 if make_room(batch) else 1
        release()
    if batch.wanted == 1:
        raise PhotoplayError(
            "A single frame does not fit into the memory.", "Lower the working size, or end other programs."
        )
    if batch.motion is not None:
        raise PhotoplayError(
            f"{batch.wanted} frames that are made together do not fit into the memory.",
            "Lower temporal.window or the working size.",
        )
    limits.lower(batch)
    middle = batch.wanted // 2
    first = yield from stepping_down(batch.part(0, middle), work, limits, make_room)
    second = yield from stepping_down(batch.part(middle, batch.wanted), work, limits, make_room)
    return np.concatenate((first, second))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that memory ran out, on the accelerator or on the CPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or CPU_WORDS in str(error)


def release() -> None:
    """Give back what the failed try still holds."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
