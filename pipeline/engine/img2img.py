"""Image to image: a batch of frames through autoencoder, noise, denoising and back, as Auto1111's img2img does it."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from pipeline.engine import noise
from pipeline.engine.attention import SharedAttention
from pipeline.engine.batch import Batch, LatentContent, Pictures
from pipeline.engine.controls import Guide, counts
from pipeline.engine.denoise import Denoiser, Keep, denoise
from pipeline.engine.guidance import Guidance, times_seen
from pipeline.engine.invert import started
from pipeline.engine.latents import decode, encode, repaint_mask
from pipeline.engine.motion import check_frames
from pipeline.engine.residency import Residency
from pipeline.engine.reuse import DeepLayers
from pipeline.engine.samplers import Schedule
from pipeline.engine.transfer import sent


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
            return sent(noise.read(batch.noise, moment, batch.carried, source.shape[1]), source.device)
        return sent(noise.draw(batch.noise, moment, batch.frames, tuple(source.shape[1:])), source.device)

    keep = None if batch.masks is None else Keep(source, repaint_mask(batch.masks, source))
    start = drawn(noise.START)
    if keep is not None:
        begin = _emptied(begin, keep.mask, start, batch.content)
    if batch.inverted is not None:
        read = torch.tensor(batch.inverted.noise, device=source.device)
        start = started(begin, read, start, batch.inverted.randomness)
    start = begin + schedule.sigmas[0] * start
    return (yield from denoise(start, denoiser, schedule, sampling.sampler, drawn, keep))


def _emptied(begin: Tensor, mask: Tensor, drawn: Tensor, content: LatentContent) -> Tensor:
    """`begin` with what is repainted taken out, and for latent noise the drawn noise in its place, as Auto1111 does."""
    if content == "source":
        return begin
    return begin * (1 - mask) + (drawn * mask if content == "noise" else 0)


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
    looking = None if batch.anchors is None else SharedAttention(batch.anchors)
    motion = None if batch.motion is None else residency.motion(batch.motion, batch.checkpoint)
    if batch.motion is not None and motion is not None:
        check_frames(motion, batch.wanted, batch.motion.id)
    deep = DeepLayers(batch.sampling.reuse) if batch.sampling.reuse > 1 else None
    return Denoiser(resident, batch.adapters, guidance, guides, looking, motion, deep)
