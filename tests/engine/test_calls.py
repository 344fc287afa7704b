"""How often each network is called: the work that is not done is the cheapest."""

from __future__ import annotations

import pytest
import torch

from benchmarks.loops.counted import counts_of
from pipeline.engine.batch import Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, drive, make_batch, make_hint, with_hints
from tests.engine.stock import Stock
from tests.tiny import CONTROLS


def led_by_three(batch: Batch, store: ModelStore) -> Batch:
    return with_hints(batch, *(make_hint(store, name, batch) for name in CONTROLS))


def test_a_batch_calls_each_network_as_often_as_it_must(store: ModelStore, residency: Residency) -> None:
    """Eight frames of a body pass: 25 steps at 0.65 are 17, with three controls; a frame's share is an eighth."""
    batch = led_by_three(make_batch(store, count=8), store)
    with counted_calls() as calls:
        drive(img2img(batch, residency))
    assert calls["UNet2DConditionModel"] == 17
    assert calls["ControlNetModel"] == 51
    assert calls["ControlNetConditioningEmbedding"] == 3
    assert calls["Encoder"] == calls["Decoder"] == 8, "on a CPU the autoencoder takes one picture after the other"


def test_the_stock_loop_runs_six_times_as_many_operators(store: ModelStore, residency: Residency) -> None:
    """A batch of eight against eight frames one by one; four steps, because every step is alike."""
    batch = led_by_three(make_batch(store, count=8, steps=6), store)
    drive(img2img(batch, residency))
    stock = Stock.of(batch)
    ours = counts_of(lambda: drive(img2img(batch, residency)))
    one = counts_of(lambda: stock.run(batch.part(0, 1)))
    assert ours["UNet2DConditionModel"] == one["UNet2DConditionModel"] == 4
    assert ours["ControlNetConditioningEmbedding"] == 3 and one["ControlNetConditioningEmbedding"] == 3 * 4
    assert ours["operators"] * 6 <= one["operators"] * 8


def test_a_control_that_is_off_is_never_called(store: ModelStore) -> None:
    """Neither called, nor embedded, nor loaded: at weight 0, and with a range that holds no whole step."""
    batch = make_batch(store, steps=8)
    batch = with_hints(
        batch,
        make_hint(store, "tiny-canny", batch, weight=0),
        make_hint(store, "tiny-openpose", batch, start=0.5, end=0.55),
    )
    with counted_calls() as calls:
        drive(img2img(batch, Residency(torch.device("cpu"))))
    assert calls["UNet2DConditionModel"] == 6
    assert calls["ControlNetModel"] == calls["ControlNetConditioningEmbedding"] == 0


@pytest.mark.parametrize(("start", "end", "expected"), [(0.0, 0.5, 3), (0.5, 1.0, 3), (0.3, 0.7, 2), (1 / 6, 1 / 3, 1)])
def test_a_control_is_called_inside_its_range_only(
    store: ModelStore, residency: Residency, start: float, end: float, expected: int
) -> None:
    batch = make_batch(store, steps=8)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch, start=start, end=end))
    with counted_calls() as calls:
        drive(img2img(batch, residency))
    assert calls["UNet2DConditionModel"] == 6
    assert calls["ControlNetModel"] == expected


def test_the_text_encoder_is_called_once_for_each_pair_of_prompts(store: ModelStore) -> None:
    """A shot of two passes and three batches each: two calls."""
    fresh = Residency(torch.device("cpu"))
    with counted_calls() as calls:
        for prompt in ("body", "face"):
            for _ in range(3):
                drive(img2img(make_batch(store, steps=2, prompt=prompt), fresh))
    assert calls["CLIPTextModel"] == 2


def test_without_guidance_only_the_prompts_half_is_run(store: ModelStore, residency: Residency) -> None:
    sizes: list[int] = []
    unet = residency.checkpoint(store.checkpoint("tiny")).networks.unet
    hook = unet.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    drive(img2img(make_batch(store, count=3, steps=1, guidance_scale=1.0), residency))
    drive(img2img(make_batch(store, count=3, steps=1, guidance_scale=2.0), residency))
    hook.remove()
    assert sizes == [3, 6]


def test_strength_0_calls_no_network(store: ModelStore, residency: Residency) -> None:
    with counted_calls() as calls:
        drive(img2img(make_batch(store, strength=0.0), residency))
    assert not calls
