"""Networks that come and go: as many moves as it must be, and the very same pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from pipeline.engine.batch import Adapter, Batch
from pipeline.engine.engine import Engine, Priority
from pipeline.engine.img2img import img2img
from pipeline.engine.layout import WORK
from pipeline.engine.residency import Residency, room_on
from pipeline.models.lora import LowRank, as_tensors
from pipeline.models.machine import Machine
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, drive, make_batch, make_hint, with_hints

CPU = torch.device("cpu")
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no card"))]
STEPS = 3


def small(device: torch.device, room: int, memory: str = "auto") -> Residency:
    """The models of a card with so many bytes for weights."""
    return Residency(device, Machine.model_validate({"memory": memory}), lambda: room + WORK)


def rendered(batch: Batch, residency: Residency) -> np.ndarray:
    residency.prepare(batch)
    return drive(img2img(batch, residency))


def here(residency: Residency) -> set[str]:
    """Which networks are on the device."""
    return {role for (_, role), lodger in residency.lodging._lodgers.items() if lodger.here}


@pytest.fixture
def batch(store: ModelStore) -> Batch:
    batch = make_batch(store, count=2, steps=STEPS, strength=1.0)
    return with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))


@pytest.fixture
def sizes(batch: Batch) -> dict[str, int]:
    """Bytes of each network."""
    residency = small(CPU, 10**9)
    rendered(batch, residency)
    return {one.role: one.bytes for one in residency.lodging.networks}


@pytest.mark.parametrize("device", DEVICES)
def test_where_there_is_room_everything_is_moved_once_and_stays(device: str, batch: Batch) -> None:
    residency = small(torch.device(device), 10**9)
    first = rendered(batch, residency)
    assert residency.lodging.moves == 5 and residency.lodging.settled
    assert np.array_equal(rendered(batch, residency), first) and residency.lodging.moves == 5
    if device == "cpu":
        assert np.array_equal(rendered(batch, Residency(CPU)), first)


@pytest.mark.parametrize("device", DEVICES)
def test_what_is_called_least_comes_and_goes_and_the_picture_stays(
    device: str, batch: Batch, sizes: dict[str, int]
) -> None:
    at = torch.device(device)
    alone = rendered(batch, small(at, 10**9))
    most = sizes["unet"] + 2 * sizes["control"] + max(sizes["vae"], sizes["text_encoder"])
    residency = small(at, most)
    assert np.abs(rendered(batch, residency).astype(int) - alone).max() <= 1
    assert not residency.lodging.settled
    before, again = residency.lodging.moves, rendered(batch, residency)
    assert np.abs(again.astype(int) - alone).max() <= 1
    assert residency.lodging.moves - before == 0, "the autoencoder is the only guest of a second batch"
    rendered(make_prompted(batch), residency)
    assert residency.lodging.moves - before == 4, "text encoder in, autoencoder out, and back again"


def make_prompted(batch: Batch) -> Batch:
    """The batch with another prompt, so that the text encoder is called."""
    return Batch(**{**vars(batch), "prompt": "another woman"})


def test_where_nothing_fits_networks_take_turns_at_every_step(batch: Batch) -> None:
    residency = small(CPU, 0)
    plain = rendered(batch, Residency(CPU))
    with counted_calls() as calls:
        made = rendered(batch, residency)
    assert np.abs(made.astype(int) - plain).max() <= 1
    assert calls["UNet2DConditionModel"] == STEPS and calls["ControlNetModel"] == 2 * STEPS
    assert len(here(residency)) == 1
    guests = 1 + 2 + 1 + 3 * STEPS + 1
    assert residency.lodging.moves == 2 * guests - 1


def test_moving_alone_changes_no_bit(batch: Batch) -> None:
    """Without slicing, which may round differently, the pictures are equal to the bit."""
    residency = small(CPU, 0)
    residency._slice = lambda layout: None
    assert np.array_equal(rendered(batch, residency), rendered(batch, Residency(CPU)))


def test_a_setting_keeps_everything_there_whatever_the_room(batch: Batch) -> None:
    residency = small(CPU, 0, "resident")
    rendered(batch, residency)
    assert residency.lodging.settled and residency.lodging.moves == 5


def test_a_setting_makes_it_sparing_whatever_the_room(batch: Batch) -> None:
    residency = small(CPU, 10**9, "sparing")
    rendered(batch, residency)
    assert not residency.lodging.settled and here(residency) == {"unet", "control", "vae"}


def test_a_lora_is_worn_and_taken_off_wherever_the_unet_is(batch: Batch, store: ModelStore) -> None:
    folder = store.folder / "loras" / "turn"
    if not folder.exists():
        folder.mkdir(parents=True)
        torch.manual_seed(3)
        name = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
        weights = as_tensors({name: LowRank(torch.randn(4, 32), torch.randn(32, 4), None, 1.0)})
        save_file(weights, folder / "adapter.safetensors")
    wearing = Batch(**{**vars(batch), "adapters": (Adapter(store.weights("adapter", "turn"), 0.5, 0.5),)})
    plain = Residency(CPU)
    expected = [rendered(one, plain) for one in (batch, wearing, batch)]
    assert not np.array_equal(expected[0], expected[1])
    residency = small(CPU, 0)
    residency._slice = lambda layout: None
    assert all(
        np.array_equal(rendered(b, residency), e) for b, e in zip((batch, wearing, batch), expected, strict=True)
    )


@contextmanager
def no_room_for_two(residency: Residency, most: int) -> Iterator[list[int]]:
    """A device whose memory runs out in the decoder while more than `most` networks are there."""
    failed: list[int] = []

    def check(module: nn.Module, inputs: tuple) -> None:
        if type(module).__name__ == "Decoder" and len(here(residency)) > most:
            failed.append(len(here(residency)))
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with register_module_forward_pre_hook(check):
        yield failed


def test_when_memory_runs_out_idle_networks_go_before_the_batch_is_halved(
    batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = rendered(batch, Residency(CPU))
    with Engine("cpu") as engine:
        engine._residency = small(CPU, 10**9)
        with no_room_for_two(engine._residency, 3) as failed:
            made = engine.img2img(batch, Priority.RENDER)
    assert failed == [4] and np.abs(made.astype(int) - plain).max() <= 1
    assert [record.getMessage() for record in caplog.records] == [
        "the memory has run out: from now on only what every step calls stays on the device"
    ]


def test_a_cpu_has_no_room_to_count() -> None:
    assert room_on(CPU, Machine(gigabytes=1)) is None
    assert Residency(CPU).lodging.networks == []
