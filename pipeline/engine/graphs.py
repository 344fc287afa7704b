"""A step of the networks as one graph: recorded on the card once, then replayed with a single launch.

At small batches a card waits for Python: a step of Stable Diffusion 1.5 with three ControlNets is some 6,000 small
launches. A CUDA graph replays them all at once. The numbers are the same, for the same kernels run on the same memory.
What cannot be recorded is called as ever.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor

KEPT = 4
"""Graphs that are kept: body and face, each for full batches and for a preview."""

Work = Callable[..., Tensor]
"""A function of tensors that does the same kernels whenever their shapes are the same."""
Replay = Callable[[tuple[Tensor, ...]], Tensor]
Record = Callable[[Work, tuple[Tensor, ...]], Replay]

log = logging.getLogger(__name__)


def recorded(work: Work, inputs: tuple[Tensor, ...]) -> Replay:
    """The work as a CUDA graph. It is carried out once beforehand, so that libraries have set themselves up.

    Raises RuntimeError or AssertionError where there is no such device, or where the work cannot be recorded.
    """
    held = tuple(tensor.clone() for tensor in inputs)
    beside, here = torch.cuda.Stream(), torch.cuda.current_stream()
    beside.wait_stream(here)
    with torch.cuda.stream(beside):
        work(*held)
    here.wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        answer = work(*held)

    def replay(given: tuple[Tensor, ...]) -> Tensor:
        for mine, value in zip(held, given, strict=True):
            mine.copy_(value, non_blocking=True)
        graph.replay()
        return answer.clone()

    return replay


class Graphs:
    """The graphs of one checkpoint's steps. Used by the accelerator's thread only.

    usable: asked before each step; graphs hold on to where the weights lie, so it is no where networks come and go.
    record: how work is recorded.
    """

    def __init__(self, usable: Callable[[], bool], record: Record = recorded) -> None:
        self._usable, self._record = usable, record
        self._replays: OrderedDict[Hashable, Replay | None] = OrderedDict()
        self._given_up = False

    def run(self, key: Hashable, work: Work, inputs: tuple[Tensor, ...]) -> Tensor:
        """`work(*inputs)`: called the first time, recorded the second time, replayed from then on.

        key: everything besides the shapes of the inputs that decides what the work does. Work that cannot be recorded
        is said once in the log, and nothing is recorded any more.
        """
        if self._given_up or not self._usable():
            return work(*inputs)
        whole = (key, *((tensor.shape, tensor.dtype, tensor.device) for tensor in inputs))
        if whole not in self._replays:
            self._keep(whole, None)
            return work(*inputs)
        replay = self._replays[whole] or self._recorded(work, inputs)
        if replay is None:
            return work(*inputs)
        self._keep(whole, replay)
        return replay(inputs)

    def forget(self) -> None:
        """Let go of all graphs, because the networks have moved or changed; they are recorded anew."""
        self._replays.clear()

    def give_up(self) -> bool:
        """Let go of all graphs for good, for they take memory. Says whether there were any."""
        held = any(self._replays.values())
        self._given_up = self._given_up or held
        self.forget()
        return held

    def _recorded(self, work: Work, inputs: tuple[Tensor, ...]) -> Replay | None:
        try:
            return self._record(work, inputs)
        except (RuntimeError, AssertionError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            log.warning("steps are called one by one, for they cannot be recorded as a graph: %s", reason)
            self._given_up = True
            self.forget()
            return None

    def _keep(self, key: Any, replay: Replay | None) -> None:
        self._replays[key] = replay
        self._replays.move_to_end(key)
        while len(self._replays) > KEPT:
            self._replays.popitem(last=False)
