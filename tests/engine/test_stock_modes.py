"""Every sampler and mode that the engine shares with the stock pipelines gives their latents to 1e-4."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_inpaint
from diffusers.schedulers import scheduling_euler_ancestral_discrete, scheduling_lcm
from safetensors.torch import save_file

from pipeline.engine.batch import Adapter, Batch
from pipeline.engine.latents import encode
from pipeline.engine.noise import START, draw
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule
from pipeline.models.importing import import_model
from pipeline.models.load import load_checkpoint
from pipeline.models.store import ModelStore
from pipeline.recipe.passes import Sampler
from tests.engine.batches import latents_of, make_batch, make_hint, with_hints
from tests.engine.stock import CPU, Stock
from tests.engine.stock_samplers import scheduler_for

SAMPLERS: tuple[Sampler, ...] = ("euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras", "ddim", "lcm")


def led(batch: Batch, store: ModelStore) -> Batch:
    """With two controls of different weight, one of them on a part of the steps."""
    part = make_hint(store, "tiny-openpose", batch, weight=1.2, start=0.2, end=0.7)
    return with_hints(batch, make_hint(store, "tiny-canny", batch, weight=0.9), part)


def assert_close(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert ours.std() > 0.1
    assert np.abs(ours - theirs).max() <= 1e-4


@pytest.mark.parametrize("strength", [0.65, 1.0])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samplers(
    store: ModelStore, residency: Residency, sampler: Sampler, strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two controls and guidance; noise that a scheduler adds is taken from where the engine takes it."""
    batch = led(make_batch(store, steps=6, strength=strength, sampler=sampler, guidance_scale=2.0), store)
    drawn = iter(draw(batch.noise, step, batch.frames, (4, 8, 8)) for step in range(6))
    for module in (scheduling_euler_ancestral_discrete, scheduling_lcm):
        monkeypatch.setattr(module, "randn_tensor", lambda *shape, **more: next(drawn))
    assert_close(latents_of(batch, residency), Stock.of(batch).run(batch, "latent"))


@pytest.mark.parametrize("guidance_scale", [7.5, 1.0])
def test_guess_mode_with_several_controls(store: ModelStore, residency: Residency, guidance_scale: float) -> None:
    """Auto1111's "ControlNet is more important": soft, and on the half of the prompt alone."""
    batch = led(make_batch(store, steps=8, guidance_scale=guidance_scale), store)
    guessed = with_hints(batch, *(replace(hint, soft=True, conditional=True) for hint in batch.hints))
    ours = latents_of(guessed, residency)
    assert_close(ours, Stock.of(guessed).run(guessed, "latent"))
    assert np.abs(ours - latents_of(batch, residency)).max() > 1e-3


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "dpmpp_2m_karras", "ddim"])
@torch.no_grad()
def test_inpainting_with_an_ordinary_checkpoint(
    store: ModelStore, residency: Residency, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stock pipeline puts the kept parts back, noised, after each step; the engine puts them where it aims at.

    Without noise added on the way both are the same.
    """
    masks = np.zeros((2, 64, 64), np.uint8)
    masks[:, 16:48, 24:64] = 255
    batch, networks = (
        make_batch(store, steps=8, sampler=sampler, masks=masks),
        load_checkpoint(store.checkpoint("tiny"), CPU),
    )
    parts = {"vae": networks.vae, "text_encoder": networks.text_encoder, "tokenizer": networks.tokenizer}
    absent = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipe = StableDiffusionInpaintPipeline(**parts, unet=networks.unet, scheduler=scheduler_for(sampler), **absent)
    pipe.set_progress_bar_config(disable=True)
    schedule = Schedule.for_strength(8, batch.sampling.strength, sampler)
    source, noise = encode(networks.vae, batch.pictures), draw(batch.noise, START, batch.frames, (4, 8, 8))
    monkeypatch.setattr(pipeline_stable_diffusion_inpaint, "randn_tensor", lambda *shape, **more: noise)
    (images,) = pipe(
        prompt=[batch.prompt] * 2,
        negative_prompt=[batch.negative_prompt] * 2,
        image=source,
        mask_image=torch.from_numpy(masks)[:, None].float() / 255,
        masked_image_latents=source,
        strength=len(schedule) / 8,
        num_inference_steps=8,
        guidance_scale=batch.sampling.guidance_scale,
        height=64,
        width=64,
        output_type="latent",
        return_dict=False,
    )[:1]
    ours = latents_of(batch, residency)
    assert_close(ours, np.asarray(images))
    assert np.abs(ours - latents_of(replace(batch, masks=None), residency)).max() > 0.1


def lora_file(batch: Batch, folder: Path) -> Path:
    """A LoRA in the form of diffusers, over attention of the UNet and of the text encoder."""
    networks, tensors = load_checkpoint(batch.checkpoint, CPU), dict[str, torch.Tensor]()
    torch.manual_seed(3)
    for part, network in (("unet", networks.unet), ("text_encoder", networks.text_encoder)):
        for name, module in network.named_modules():
            if name.endswith(("to_q", "to_v", "q_proj", "v_proj")) and isinstance(module, torch.nn.Linear):
                tensors[f"{part}.{name}.lora_A.weight"] = 0.3 * torch.randn(4, module.in_features)
                tensors[f"{part}.{name}.lora_B.weight"] = 0.3 * torch.randn(module.out_features, 4)
    save_file(tensors, folder / "stock_lora.safetensors")
    return folder / "stock_lora.safetensors"


def test_a_lora(store: ModelStore, residency: Residency, tmp_path: Path) -> None:
    batch = led(make_batch(store, steps=8), store)
    import_model(lora_file(batch, tmp_path), store)
    worn = replace(batch, adapters=(Adapter(store.weights("adapter", "stock_lora"), 0.8, 0.8),))
    stock = Stock.of(batch)
    stock.pipe.load_lora_weights(tmp_path, weight_name="stock_lora.safetensors", adapter_name="lora")
    stock.pipe.set_adapters(["lora"], [0.8])
    ours = latents_of(worn, residency)
    assert_close(ours, stock.run(batch, "latent"))
    assert np.abs(ours - latents_of(batch, residency)).max() > 0.05
