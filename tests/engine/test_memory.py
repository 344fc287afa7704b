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

pytestmark = pytest.mark.slow

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

    with register_module_forward_pre_hook(check):
        yield


@pytest.fixture
def engine(store: ModelStore) -> Iterator[Engine]:
    """Its autoencoder gets batches whole, as on a card."""
    with Engine("cpu") as engine:
        engine._residency.checkpoint(store.checkpoint("tiny")).networks.vae.disable_slicing()
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

        with register_module_forward_pre_hook(check):
            with_luck = engine.img2img(batch, Priority.RENDER)
        assert np.abs(with_luck.astype(int) - alone).max() <= 1


@contextmanager
def sizes_seen(where: str) -> Iterator[list[int]]:
    """How many pictures each call of a network got."""
    seen: list[int] = []

    def note(module: nn.Module, inputs: tuple) -> None:
        if type(module).__name__ == where:
            seen.append(len(inputs[0]))

    with register_module_forward_pre_hook(note):
        yield seen


def test_the_batch_steps_down_from_sixteen_to_one_and_later_batches_begin_there(
    store: ModelStore, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    batch = make_batch(store, count=16, height=8, width=8, steps=2, guidance_scale=1)
    whole = engine.img2img(batch, Priority.RENDER)
    with sizes_seen("Encoder") as seen, short_of_memory("Encoder", 1, ERRORS[0]):
        parts = engine.img2img(batch, Priority.RENDER)
        first = len(seen)
        again = engine.img2img(batch, Priority.RENDER)
    assert seen[:5] == [16, 8, 4, 2, 1] and seen[first:] == [1] * 16
    assert max(np.abs(made.astype(int) - whole).max() for made in (parts, again)) <= 1
    told = [record.getMessage() for record in caplog.records]
    assert [text.split()[0] for text in told] == ["16", "8", "4", "2"] and "8x8 do not fit" in told[0]


def test_what_did_not_fit_is_remembered_for_that_size_only(store: ModelStore, engine: Engine) -> None:
    batch = make_batch(store, count=4, steps=2)
    with short_of_memory("UNet2DConditionModel", 4, ERRORS[0]):
        engine.img2img(batch, Priority.RENDER)
    hinted = with_hints(batch, make_hint(store, "tiny-canny", batch))
    for other in (make_batch(store, count=4, height=32, steps=2), hinted):
        with sizes_seen("Encoder") as seen:
            engine.img2img(other, Priority.RENDER)
        assert seen == [4]
    with sizes_seen("Encoder") as seen:
        engine.img2img(batch, Priority.PREVIEW)
    assert seen == [2, 2]


def test_models_that_are_not_needed_are_let_go_of_before_the_batch_steps_down(
    store: ModelStore, engine: Engine
) -> None:
    batch = make_batch(store, count=4, steps=2)
    hinted = with_hints(batch, make_hint(store, "tiny-canny", batch))
    alone = engine.img2img(batch, Priority.RENDER)
    engine.img2img(hinted, Priority.RENDER)
    assert len(engine._residency._controls) == 1

    def check(module: nn.Module, inputs: tuple) -> None:
        if type(module).__name__ == "Encoder" and engine._residency._controls:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    hook = register_module_forward_pre_hook(check)
    with sizes_seen("Encoder") as seen:
        made = engine.img2img(batch, Priority.RENDER)
    hook.remove()
    assert seen == [4] and (made == alone).all()
    assert len(engine._residency._checkpoints) == 1 and not engine._residency._controls


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
