"""Image to image: a batch of frames through autoencoder, noise, denoising and back, as Auto1111's img2img does it."""

from __future__ import annotations

from collections.abc import Generator

from torch import Tensor

from pipeline.engine import noise
from pipeline.engine.batch import Batch, Pictures
from pipeline.engine.controls import Guide, counts
from pipeline.engine.denoise import Denoiser, Keep, denoise
from pipeline.engine.latents import decode, encode, repaint_mask
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule


def img2img(batch: Batch, residency: Residency) -> Generator[None, None, Pictures]:
    """The batch's pictures, worked over: uint8 [n, H, W, 3]. Yields between steps.

    Strength 0 calls no model and gives the very same pictures (Auto1111 would take one step at its lowest noise).
    """
    if batch.sampling.strength == 0:
        return batch.pictures.copy()
    latents = yield from denoised_latents(batch, residency)
    return decode(residency.checkpoint(batch.checkpoint).networks.vae, latents)


def denoised_latents(batch: Batch, residency: Residency) -> Generator[None, None, Tensor]:
    """The latents of the finished pictures: float32 [n, c, h, w]. The strength must be above 0."""
    sampling, networks = batch.sampling, residency.checkpoint(batch.checkpoint).networks
    schedule = Schedule.for_strength(sampling.steps, sampling.strength)
    denoiser = _denoiser(batch, schedule, residency)
    source = encode(networks.vae, batch.pictures)
    yield

    def drawn(moment: str | int) -> Tensor:
        return noise.draw(batch.noise, moment, batch.frames, tuple(source.shape[1:])).to(source.device)

    keep = None if batch.masks is None else Keep(source, repaint_mask(batch.masks, source))
    start = source + schedule.sigmas[0] * drawn(noise.START)
    return (yield from denoise(start, denoiser, schedule, sampling.sampler, drawn, keep))


def _denoiser(batch: Batch, schedule: Schedule, residency: Residency) -> Denoiser:
    """The networks with everything that is the same for all steps: encoded prompts and embedded hints.

    With guidance scale 1 the negative prompt cancels out, so only the prompt's half is run.
    """
    resident, sampling = residency.checkpoint(batch.checkpoint), batch.sampling
    prompts = (batch.prompt,) if sampling.guidance_scale == 1 else (batch.negative_prompt, batch.prompt)
    text = resident.prompts.encode(prompts, sampling.clip_skip).repeat_interleave(len(batch.frames), dim=0)
    steps = len(schedule)
    guides = tuple(
        Guide.of(hint, residency.control(hint.control, batch.checkpoint), len(prompts))
        for hint in batch.hints
        if any(counts(hint, step, steps) for step in range(steps))
    )
    return Denoiser(resident.networks.unet, text, guides, sampling.guidance_scale)
