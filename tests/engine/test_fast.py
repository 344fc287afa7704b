"""What is computed once, what is reused and what is left out: how often the networks run, and what comes of it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest
from torch import nn

from pipeline.engine import controls, denoise
from pipeline.engine.batch import Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.once import answering, before_the_prompt
from pipeline.engine.residency import Residency
from pipeline.engine.reuse import deep
from pipeline.models.store import ModelStore
from tests.engine.batches import counted_calls, drive, latents_of, make_batch, make_hint, with_hints


def led_batch(store: ModelStore, **changes: Any) -> Batch:
    """Six steps with two controls."""
    batch = make_batch(store, steps=8, **changes)
    return with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))


def rows_of(module: nn.Module, batch: Batch, residency: Residency) -> list[int]:
    """How many rows the networks' module gave at each of its calls."""
    rows: list[int] = []
    hook = module.register_forward_hook(lambda module, inputs, output: rows.append(len(inputs[0])))
    drive(img2img(batch, residency))
    hook.remove()
    return rows


def test_what_no_prompt_has_a_part_in_is_computed_once(
    store: ModelStore, residency: Residency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same numbers, with half the rows where the networks have not looked at the prompt yet."""
    batch = led_batch(store)
    networks = [residency.checkpoint(batch.checkpoint).networks.unet]
    networks += [residency.control(hint.control, batch.checkpoint).net for hint in batch.hints]
    once = latents_of(batch, residency)
    for network in networks:
        first = [part for name, part in network.named_modules() if name.endswith("conv1")]
        assert set(rows_of(first[0], batch, residency)) == {2}
        assert set(rows_of(first[-1], batch, residency)) == {4}

    def never(network: nn.Module, copies: int) -> AbstractContextManager[None]:
        return nullcontext()

    monkeypatch.setattr(denoise, "computed_once", never)
    monkeypatch.setattr(controls, "computed_once", never)
    assert np.abs(latents_of(batch, residency) - once).max() <= 1e-4


def test_a_network_is_left_as_it_was(store: ModelStore, residency: Residency) -> None:
    drive(img2img(led_batch(store, reuse=2), residency))
    unet = residency.checkpoint(store.checkpoint("tiny")).networks.unet
    assert before_the_prompt(unet) and deep(unet)
    assert not [part for part in unet.modules() if "forward" in vars(part)]


def test_answers_may_lie_in_each_other() -> None:
    layer = nn.Identity()
    with answering({layer: lambda x: x + 1}):
        with answering({layer: lambda x: x + 2}):
            assert layer(0) == 2
        assert layer(0) == 1
    assert layer(0) == 0


def test_deep_layers_and_controls_run_at_every_other_step(store: ModelStore, residency: Residency) -> None:
    with counted_calls() as calls:
        drive(img2img(led_batch(store, reuse=2), residency))
    assert calls["UNet2DConditionModel"] == 6
    assert calls["ControlNetModel"] == 2 * 3
    assert calls["UNetMidBlock2DCrossAttn"] == 6 + 2 * 3, "a module that is answered for is called, and does nothing"


def test_reuse_is_near_and_no_reuse_is_exact(store: ModelStore, residency: Residency) -> None:
    whole, reused = (latents_of(led_batch(store, reuse=every), residency) for every in (1, 2))
    other = latents_of(led_batch(store, reuse=6), residency)
    assert 0 < np.abs(reused - whole).mean() < np.abs(other - whole).mean()


def test_guidance_off_late_halves_the_rows_of_the_late_steps(store: ModelStore, residency: Residency) -> None:
    batch = led_batch(store, guidance_end=0.5)
    unet = residency.checkpoint(batch.checkpoint).networks.unet
    assert rows_of(unet.conv_out, batch, residency) == [4, 4, 4, 2, 2, 2]
    net = residency.control(batch.hints[0].control, batch.checkpoint).net
    assert rows_of(net.controlnet_mid_block, batch, residency) == [4, 4, 4, 2, 2, 2]


def test_guidance_that_ends_at_once_is_no_guidance(store: ModelStore, residency: Residency) -> None:
    ended = latents_of(led_batch(store, guidance_end=0.0), residency)
    assert np.array_equal(ended, latents_of(led_batch(store, guidance_scale=1.0), residency))


def test_joined_prompts_are_asked_to_the_end(store: ModelStore, residency: Residency) -> None:
    prompt = "a cat AND a dog"
    ended = latents_of(led_batch(store, prompt=prompt, guidance_end=0.0), residency)
    assert np.array_equal(ended, latents_of(led_batch(store, prompt=prompt), residency))


def test_guidance_may_end_between_two_full_steps(store: ModelStore, residency: Residency) -> None:
    """Deep layers answered for twice as many rows then, so they run anew."""
    batch = led_batch(store, guidance_end=0.5, reuse=4)
    unet = residency.checkpoint(batch.checkpoint).networks.unet
    assert rows_of(unet.conv_out, batch, residency) == [4, 4, 4, 2, 2, 2]
