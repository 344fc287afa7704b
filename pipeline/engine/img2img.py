"""Image to image: a batch of frames through autoencoder, noise, denoising and back, as Auto1111's img2img does it."""

from __future__ import annotations

from collections.abc import Generator

from torch import Tensor

from pipeline.engine import noise
from pipeline.engine.attention import SharedAttention
from pipeline.engine.batch import Batch, Pictures
from pipeline.engine.controls import Guide, counts
from pipeline.engine.denoise import Denoiser, Keep, denoise
from pipeline.engine.guidance import Guidance, times_seen
from pipeline.engine.latents import decode, encode, repaint_mask
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule


def img2img(batch: Batch, residency: Residency) -> Generator[None, None, Pictures]:
    """The pictures of the batch's wanted frames, worked over: uint8 [n, H, W, 3]. Yields between steps.

    Strength 0 calls no model and gives the very same pictures (Auto1111 would take one step at its lowest noise).
    """
    if batch.sampling.strength == 0:
        return batch.pictures[batch.leading :].copy()
    latents = yield from denoised_latents(batch, residency)
    return decode(residency.checkpoint(batch.checkpoint).networks.vae, latents[batch.leading :])


def denoised_latents(batch: Batch, residency: Residency) -> Generator[None, None, Tensor]:
    """The latents of all frames' finished pictures: float32 [n, c, h, w]. The strength must be above 0."""
    sampling, networks = batch.sampling, residency.checkpoint(batch.checkpoint).networks
    schedule = Schedule.for_strength(sampling.steps, sampling.strength, sampling.sampler)
    denoiser = _denoiser(batch, schedule, residency)
    source = encode(networks.vae, batch.pictures)
    yield

    begin = source if batch.starts is None else encode(networks.vae, batch.starts)

    def drawn(moment: str | int) -> Tensor:
        if batch.carried is not None:
            return noise.read(batch.noise, moment, batch.carried, source.shape[1]).to(source.device)
        return noise.draw(batch.noise, moment, batch.frames, tuple(source.shape[1:])).to(source.device)

    keep = None if batch.masks is None else Keep(source, repaint_mask(batch.masks, source))
    start = begin + schedule.sigmas[0] * drawn(noise.START)
    return (yield from denoise(start, denoiser, schedule, sampling.sampler, drawn, keep))


def _denoiser(batch: Batch, schedule: Schedule, residency: Residency) -> Denoiser:
    """The networks with everything that is known before the first step: encoded prompts and embedded hints."""
    resident, steps, seen = residency.checkpoint(batch.checkpoint), len(schedule), times_seen(batch)
    resident.outfit.wear(batch.adapters)
    guidance = Guidance.of(batch, resident.prompts, resident.embeddings(batch.embeddings), steps)
    guides = tuple(
        Guide.of(hint, residency.control(hint.control, batch.checkpoint), seen)
        for hint in batch.hints
        if any(counts(hint, step, steps) for step in range(steps))
    )
    looking = None if batch.anchors is None else SharedAttention(batch.anchors, seen)
    return Denoiser(resident, batch.adapters, guidance, guides, looking)
