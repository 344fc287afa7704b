"""Nothing in the step loop makes Python wait for the device, or sends it something that it could have had before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.engine.batch import Anchors, Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.residency import Residency
from pipeline.engine.transfer import sent
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, make_batch, make_hint, with_hints

WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "unique2")
"""Operators whose answer Python needs before it can go on: `.item()`, `if tensor:`, boolean indexing."""


class Watched(TorchDispatchMode):
    """Counts the operators that are called, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("sampler", ["euler", "euler_a", "dpmpp_2m_karras"])
@pytest.mark.parametrize("anchored", [False, True])
def test_no_step_waits(store: ModelStore, residency: Residency, sampler: str, anchored: bool) -> None:
    batch = make_batch(store, count=3, steps=5, strength=1.0, sampler=sampler)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    if anchored:
        batch = replace(batch, anchors=Anchors(1, (0, 0, 0), (0, 0, 0), (0.5,) * 3))
    calls = watched_steps(batch, residency)
    assert sum(calls.values()) > 300
    assert {name: calls[name] for name in WAITING if calls[name]} == {}


def watched_steps(batch: Batch, residency: Residency) -> Counter[str]:
    """The operators of all steps but the first, after one batch that has filled the caches."""
    drive(img2img(batch, residency))
    work = img2img(batch, residency)
    next(work)
    next(work)
    with Watched() as watched:
        for _ in range(3):
            next(work)
    work.close()
    return watched.calls


def test_the_watch_sees_what_it_watches_for() -> None:
    with Watched() as watched:
        bool(torch.ones(2).sum() > 1)
    assert watched.calls["_local_scalar_dense"] == 1


def test_what_is_sent_arrives() -> None:
    tensor = torch.arange(6).reshape(2, 3)
    assert torch.equal(sent(tensor, torch.device("cpu")), tensor)
