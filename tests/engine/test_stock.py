"""The engine against the stock diffusers pipeline: same models, noise and timesteps, so the same latents."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.engine.img2img import img2img
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, latents_of, make_batch, make_hint, with_hints
from tests.engine.stock import Stock


@pytest.mark.parametrize("guidance_scale", [7.5, 1.0])
def test_latents_equal_those_of_the_stock_pipeline(
    store: ModelStore, residency: Residency, guidance_scale: float
) -> None:
    batch = make_batch(store, guidance_scale=guidance_scale)
    batch = with_hints(
        batch,
        make_hint(store, "tiny-canny", batch, weight=0.9),
        make_hint(store, "tiny-openpose", batch, weight=1.2, start=0.2, end=0.7),
    )
    ours, theirs = latents_of(batch, residency), Stock.of(batch).run(batch, "latent")
    assert ours.std() > 0.1
    assert np.abs(ours - theirs).max() <= 1e-4


def test_pictures_equal_those_of_the_stock_pipeline(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=8, strength=0.5, width=96)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))
    ours = drive(img2img(batch, residency))
    exact = Stock.of(batch).run(batch) * 255
    assert np.abs(ours - exact).max() <= 0.5 + 255e-4


def test_repainted_latents_equal_those_of_the_stock_pipeline(store: ModelStore, residency: Residency) -> None:
    masks = np.zeros((2, 64, 64), np.uint8)
    masks[:, 16:48, 8:40] = 255
    batch = make_batch(store, steps=8, masks=masks)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))
    ours, theirs = latents_of(batch, residency), Stock.of(batch).run(batch, "latent")
    assert np.abs(ours - theirs).max() <= 1e-4


def test_controls_and_prompt_change_the_latents(store: ModelStore, residency: Residency) -> None:
    """The comparison above would prove little if the tiny networks ignored their inputs."""
    plain = make_batch(store, steps=8)
    led = with_hints(plain, make_hint(store, "tiny-canny", plain))
    other = make_batch(store, steps=8, prompt="a car")
    base = latents_of(plain, residency)
    assert np.abs(latents_of(led, residency) - base).max() > 0.01
    assert np.abs(latents_of(other, residency) - base).max() > 0.001
