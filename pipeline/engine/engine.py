"""The one object that owns the accelerator. Preview, render and training share it, its thread and its weights."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

import torch
from numpy.typing import NDArray

from pipeline.engine.batch import Batch, Climb, Latents, Pictures
from pipeline.engine.img2img import img2img
from pipeline.engine.invert import invert
from pipeline.engine.lease import Lease, Priority, Result, Work
from pipeline.engine.memory import Limits, Number, stepping_down
from pipeline.engine.residency import Residency
from pipeline.models.machine import Machine

__all__ = ["Engine", "Priority"]


class Engine:
    """Works on batches of frames, one step of one batch at a time. Use it in a `with`, from any number of threads.

    device: as torch names it; None takes the CUDA device if there is one and the CPU otherwise. machine: how the models
    live there. Raises RecipeError when the device cannot do what the machine is set to.
    """

    def __init__(self, device: str | None = None, machine: Machine | None = None) -> None:
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._residency = Residency(torch.device(name), machine)
        self._lease = Lease()
        self._limits = Limits()

    @property
    def device(self) -> str:
        """The accelerator's name, for instance `cuda:0`."""
        return str(self._residency.device)

    def img2img(self, batch: Batch, priority: Priority, stop: threading.Event | None = None) -> Pictures:
        """The batch's pictures, worked over: uint8 [n, height, width, 3]. Blocks until they are done.

        Where memory does not suffice for all n at once, they are done in parts.

        Raises Cancelled between two steps once `stop` is set or the engine is closed, ModelMissing when a model cannot
        be loaded, RecipeError when the checkpoint cannot do what the batch asks.
        """
        work = self._in_parts(batch, lambda part: img2img(part, self._residency))
        return self._lease.run(work, priority, stop)

    def invert(self, batch: Batch, climb: Climb, priority: Priority, stop: threading.Event | None = None) -> Latents:
        """The noise that the batch's frames come from, float32 [n, c, h, w] (see `invert`). Otherwise as img2img."""
        work = self._in_parts(batch, lambda part: invert(part, climb, self._residency))
        return self._lease.run(work, priority, stop)

    def run(self, work: Work[Result], priority: Priority, stop: threading.Event | None = None) -> Result:
        """Run work of somebody else's on the accelerator's thread, and return what it returns. Blocks until it is done.

        work: yields wherever others may go first. Raises what the work raises; raises Cancelled between two of its
        steps once `stop` is set or the engine is closed.
        """
        return self._lease.run(work, priority, stop)

    def close(self) -> None:
        """Stop what is running between two steps, end the thread and let the models go. Later calls raise Cancelled."""
        self._lease.close()
        self._residency = Residency(self._residency.device, self._residency.machine)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _in_parts(self, batch: Batch, work: Callable[[Batch], Work[NDArray[Number]]]) -> Work[NDArray[Number]]:
        """What `work` makes of a batch, in parts where memory does not suffice, each prepared for."""
        residency = self._residency

        def once(part: Batch) -> Work[NDArray[Number]]:
            residency.prepare(part)
            return (yield from work(part))

        return stepping_down(batch, once, self._limits, residency.make_room)
