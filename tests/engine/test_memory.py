"""Out of memory at any model call: the batch steps down, and the pictures stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from pipeline.engine.engine import Engine, Priority
from pipeline.errors import PhotoplayError
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, make_batch, make_hint, with_hints

NETWORKS = ("UNet2DConditionModel", "ControlNetModel", "Encoder", "Decoder", "CLIPTextModel")
ERRORS: list[Callable[[], BaseException]] = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    lambda: MemoryError(),
    lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
]


@contextmanager
def short_of_memory(where: str, most: int, error: Callable[[], BaseException]) -> Iterator[None]:
    """A network that cannot take more than `most` pictures, or `most` calls in all when it works on text."""

    def check(module: nn.Module, inputs: tuple) -> None:
        if type(module).__name__ == where and len(inputs[0]) > most:
            raise error()

    hook = register_module_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine("cpu") as engine:
        yield engine


@pytest.mark.parametrize("network", ["UNet2DConditionModel", "Encoder", "Decoder"])
@pytest.mark.parametrize("error", ERRORS)
def test_the_batch_steps_down_and_the_pictures_stay(
    store: ModelStore, engine: Engine, network: str, error: Callable[[], BaseException]
) -> None:
    batch = make_batch(store, count=5, steps=3, sampler="euler_a")
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    alone = engine.img2img(batch, Priority.RENDER)
    most = 4 if network == "UNet2DConditionModel" else 2
    with short_of_memory(network, most, error):
        parts = engine.img2img(batch, Priority.RENDER)
    assert np.abs(parts.astype(int) - alone).max() <= 1


def test_memory_that_runs_out_at_any_single_call_costs_nothing_but_time(store: ModelStore, engine: Engine) -> None:
    batch = make_batch(store, count=4, steps=2)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    with counted_calls() as calls:
        alone = engine.img2img(batch, Priority.RENDER)
    total = sum(calls[name] for name in NETWORKS)
    assert total >= 5
    for unlucky in range(total):
        made = [0]

        def check(module: nn.Module, inputs: tuple, made: list[int] = made, unlucky: int = unlucky) -> None:
            if type(module).__name__ in NETWORKS:
                made[0] += 1
                if made[0] == unlucky + 1:
                    raise torch.OutOfMemoryError("CUDA out of memory.")

        hook = register_module_forward_pre_hook(check)
        with_luck = engine.img2img(batch, Priority.RENDER)
        hook.remove()
        assert np.abs(with_luck.astype(int) - alone).max() <= 1


def test_a_frame_that_does_not_fit_alone_is_one_sentence(store: ModelStore, engine: Engine) -> None:
    with (
        short_of_memory("UNet2DConditionModel", 0, ERRORS[0]),
        pytest.raises(PhotoplayError, match=r"single frame does not fit.*working size"),
    ):
        engine.img2img(make_batch(store, count=3), Priority.RENDER)


def test_other_faults_are_not_taken_for_it(store: ModelStore, engine: Engine) -> None:
    with (
        short_of_memory("UNet2DConditionModel", 0, lambda: RuntimeError("mat1 and mat2 shapes")),
        pytest.raises(RuntimeError, match="mat1"),
    ):
        engine.img2img(make_batch(store, count=3), Priority.RENDER)
