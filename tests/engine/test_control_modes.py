"""Auto1111's control modes: a soft control gives way in the finer structure, a conditional one leaves the negative."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.engine.batch import Hint
from pipeline.engine.controls import Guide
from pipeline.engine.img2img import img2img
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, latents_of, make_batch, make_hint, with_hints


def residuals(hint: Hint, store: ModelStore, residency: Residency) -> list[torch.Tensor]:
    """What a control adds to each layer, the middle last, for a negative and a positive prompt of two frames."""
    checkpoint = store.checkpoint("tiny")
    guide = Guide.of(hint, residency.control(hint.control, checkpoint), 2)
    text = residency.checkpoint(checkpoint).prompts.encode(("no", "yes"), 1).repeat_interleave(2, 0)
    torch.manual_seed(0)
    with torch.no_grad():
        down, middle = guide.residuals(torch.randn(2, 4, 8, 8).repeat(2, 1, 1, 1), torch.tensor(300.0), text)
    return [*down, middle]


@pytest.fixture
def hint(store: ModelStore) -> Hint:
    return make_hint(store, "tiny-canny", make_batch(store), weight=0.8)


def test_a_soft_control_counts_in_full_in_the_middle_and_a_tenth_outside(
    store: ModelStore, residency: Residency, hint: Hint
) -> None:
    full, soft = residuals(hint, store, residency), residuals(replace(hint, soft=True), store, residency)
    shares = [float((a / b).nanmedian()) for a, b in zip(soft, full, strict=True)]
    assert shares == pytest.approx(np.logspace(-1, 0, len(full)).tolist(), rel=1e-4)


def test_its_shares_are_auto1111s_for_the_layers_of_stable_diffusion() -> None:
    ours, theirs = torch.logspace(-1, 0, 13), torch.tensor([0.825 ** (12 - i) for i in range(13)])
    assert (ours / theirs - 1).abs().max() < 0.0061


def test_a_conditional_control_adds_nothing_to_the_negative_prompt(
    store: ModelStore, residency: Residency, hint: Hint
) -> None:
    full, half = residuals(hint, store, residency), residuals(replace(hint, conditional=True), store, residency)
    for a, b in zip(full, half, strict=True):
        assert torch.equal(b[:2], torch.zeros_like(b[:2]))
        assert torch.allclose(b[2:], a[2:], atol=1e-5) and a[2:].abs().max() > 0


def test_the_networks_see_only_what_they_lead(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=1, count=3, prompt="a woman AND soft light")
    rows: list[int] = []
    hint = replace(make_hint(store, "tiny-canny", batch), conditional=True)
    net = residency.control(hint.control, batch.checkpoint).net
    hook = net.register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0])))
    drive(img2img(with_hints(batch, hint), residency))
    drive(
        img2img(
            with_hints(replace(batch, prompt="x", sampling=replace(batch.sampling, guidance_scale=1)), hint), residency
        )
    )
    hook.remove()
    assert rows == [6, 3]


def test_each_mode_gives_other_latents(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=4)
    hint = make_hint(store, "tiny-canny", batch)
    modes = [
        latents_of(with_hints(batch, replace(hint, soft=soft, conditional=conditional)), residency)
        for soft, conditional in ((False, False), (True, False), (True, True), (False, True))
    ]
    gaps = [np.abs(a - b).max() for i, a in enumerate(modes) for b in modes[:i]]
    assert min(gaps) > 1e-3


def test_without_guidance_a_conditional_control_leads_all_there_is(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=4, guidance_scale=1.0)
    hint = make_hint(store, "tiny-canny", batch)
    ours = latents_of(with_hints(batch, replace(hint, conditional=True)), residency)
    assert np.array_equal(ours, latents_of(with_hints(batch, hint), residency))
