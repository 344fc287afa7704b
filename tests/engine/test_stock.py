"""The engine against the stock diffusers pipeline: same models, noise and timesteps, so the same latents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    EulerDiscreteScheduler,
    MultiControlNetModel,
    StableDiffusionControlNetImg2ImgPipeline,
)

from pipeline.engine.batch import Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.noise import START, draw
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule
from pipeline.models.load import load_checkpoint
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, latents_of, make_batch, make_hint, with_hints

CPU = torch.device("cpu")


class Auto1111Euler(EulerDiscreteScheduler):
    """The stock scheduler, with the engine's noise levels where the pipeline asks for `num_inference_steps`."""

    def set_timesteps(self, num_inference_steps: int, **options: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().set_timesteps(sigmas=list(Schedule.full(num_inference_steps).sigmas), **options)


def stock_pipeline(batch: Batch) -> Any:
    networks = load_checkpoint(batch.checkpoint, CPU)
    nets = [ControlNetModel.from_pretrained(h.control.folder, torch_dtype=torch.float32) for h in batch.hints]
    scheduler = Auto1111Euler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        timestep_spacing="linspace",
        steps_offset=0,
        interpolation_type="linear",
        final_sigmas_type="zero",
    )
    parts: dict[str, Any] = {
        "vae": networks.vae,
        "text_encoder": networks.text_encoder,
        "tokenizer": networks.tokenizer,
        "unet": networks.unet,
        "controlnet": MultiControlNetModel(nets),
        "scheduler": scheduler,
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }
    pipe = StableDiffusionControlNetImg2ImgPipeline(**parts)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def in_unit_range(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def stock(batch: Batch, output_type: str) -> np.ndarray:
    """What the stock pipeline makes of a batch with two hints, run for Auto1111's number of steps."""
    pipe, sampling = stock_pipeline(batch), batch.sampling
    schedule, count = Schedule.for_strength(sampling.steps, sampling.strength), len(batch.frames)
    pictures = in_unit_range(batch.pictures)
    source = pipe.vae.encode(pictures * 2 - 1).latent_dist.mean * pipe.vae.config.scaling_factor
    noise = draw(batch.noise, START, batch.frames, tuple(source.shape[1:]))
    images = pipe(
        prompt=[batch.prompt] * count,
        negative_prompt=[batch.negative_prompt] * count,
        image=pictures,
        latents=source + schedule.sigmas[0] * noise,
        control_image=[in_unit_range(hint.pictures) for hint in batch.hints],
        controlnet_conditioning_scale=[hint.weight for hint in batch.hints],
        control_guidance_start=[hint.start for hint in batch.hints],
        control_guidance_end=[hint.end for hint in batch.hints],
        strength=len(schedule) / sampling.steps,
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance_scale,
        output_type=output_type,
    ).images
    return np.asarray(images)


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
    ours, theirs = latents_of(batch, residency), stock(batch, "latent")
    assert ours.std() > 0.1
    assert np.abs(ours - theirs).max() <= 1e-4


def test_pictures_equal_those_of_the_stock_pipeline(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=8, strength=0.5, width=96)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch), make_hint(store, "tiny-openpose", batch))
    ours = drive(img2img(batch, residency))
    exact = stock(batch, "np") * 255
    assert np.abs(ours - exact).max() <= 0.5 + 255e-4


def test_controls_and_prompt_change_the_latents(store: ModelStore, residency: Residency) -> None:
    """The comparison above would prove little if the tiny networks ignored their inputs."""
    plain = make_batch(store, steps=8)
    led = with_hints(plain, make_hint(store, "tiny-canny", plain))
    other = make_batch(store, steps=8, prompt="a car")
    base = latents_of(plain, residency)
    assert np.abs(latents_of(led, residency) - base).max() > 0.01
    assert np.abs(latents_of(other, residency) - base).max() > 0.001
