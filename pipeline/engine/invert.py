"""Inversion: from a clean picture up to the noise that the model would have made it from.

As Auto1111's script "img2img alternative test" does it (`scripts/img2imgalt.py`, with k-diffusion's `external.py`), in
fewer calls of the networks: Euler's steps, walked the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.batch import Batch, Climb, Latents
from pipeline.engine.controls import Guide
from pipeline.engine.denoise import Denoiser
from pipeline.engine.guidance import Guidance
from pipeline.engine.latents import encode
from pipeline.engine.residency import Residency, Resident
from pipeline.engine.samplers import Schedule, time_of, top_sigma


@dataclass(frozen=True)
class Rise:
    """One step from noise level `start` up to `end`, with the noise that is predicted at level `seen`."""

    start: float
    end: float
    seen: float


def rises(steps: int, climb: Climb) -> tuple[Rise, ...]:
    """The steps of a climb along the levels of a schedule of `steps` steps, from no noise upwards.

    With sigma adjustment each step looks at the level that it leaves; the first, which would leave no noise at all,
    changes nothing and is left out. Without, each looks at the level that it goes to, with a picture that is not there
    yet.
    """
    levels = Schedule.full(steps).sigmas[::-1]
    if climb.until is not None:
        levels = (*(level for level in levels if level < climb.until), climb.until)
    looks = levels[:-1] if climb.adjusted else levels[1:]
    return tuple(Rise(*rise) for rise in zip(levels[:-1], levels[1:], looks, strict=True) if rise[2] > 0)


@torch.inference_mode()
def climbed(
    x: Tensor, noise: Callable[[Tensor, int, Rise], Tensor], path: tuple[Rise, ...]
) -> Generator[None, None, Tensor]:
    """`x` carried up a path. noise: the noise predicted in x at a step. Yields after each step."""
    for step, rise in enumerate(path):
        x = x + noise(x, step, rise) * (rise.end - rise.start)
        yield
    return x


def as_noise(x: Tensor, clean: Tensor, climb: Climb) -> Tensor:
    """The noise that a climb from `clean` to `x` comes to, float32 [n, c, h, w], about standard normal.

    At the top: x in units of its level with sigma adjustment, of its own deviation without. Stopped on the way: the
    noise of which `clean * (1 - until / top) + noise * until` is x itself again.
    """
    if climb.until is not None:
        return (x - clean) / climb.until + clean / top_sigma()
    return x / top_sigma() if climb.adjusted else x / x.std(dim=(1, 2, 3), keepdim=True)


def invert(batch: Batch, climb: Climb, residency: Residency) -> Generator[None, None, Latents]:
    """The noise that the batch's frames come from: float32 [n, c, h, w]. Yields between steps.

    batch: its prompts are what the frames show, encoded plainly; its steps, guidance scale and hints are those of the
    climb. Its sampler, strength, noise and masks do not count.
    """
    resident, path = residency.checkpoint(batch.checkpoint), rises(batch.sampling.steps, climb)
    resident.outfit.wear(batch.adapters)
    guidance = plain_guidance(batch, resident, len(path))
    seen = len(guidance.texts[0]) // len(batch.frames) if path else 1
    guides = tuple(Guide.of(hint, residency.control(hint.control, batch.checkpoint), seen) for hint in batch.hints)
    denoiser = Denoiser(resident, batch.adapters, guidance, guides)
    clean = encode(resident.networks.vae, batch.pictures if batch.starts is None else batch.starts)
    yield

    def noise(x: Tensor, step: int, rise: Rise) -> Tensor:
        time = torch.tensor(time_of(rise.seen), dtype=torch.float32, device=x.device)
        return (x - denoiser(x, step, rise.seen, time)) / rise.seen

    x = yield from climbed(clean, noise, path)
    return as_noise(x, clean, climb)[batch.leading :].cpu().numpy()


def plain_guidance(batch: Batch, resident: Resident, steps: int) -> Guidance:
    """Both prompts, the same at each step, without AND and prompt editing; the negative one only where it counts."""
    sampling = batch.sampling
    written = (batch.prompt,) if sampling.guidance_scale == 1 else (batch.negative_prompt, batch.prompt)
    encoded = resident.prompts.encode(written, sampling.clip_skip, resident.embeddings(batch.embeddings))
    text = encoded.repeat_interleave(len(batch.frames), 0)
    return Guidance((text,) * steps, (1.0,), sampling.guidance_scale)


def started(clean: Tensor, noise: Tensor, drawn: Tensor, randomness: float) -> Tensor:
    """What to add to `clean`, times the first noise level, to start from its inverted noise; all [n, c, h, w].

    randomness: 0..1, how much of `drawn` is mixed in, so that the whole keeps its deviation.
    """
    mixed = (1 - randomness) * noise + randomness * drawn
    return mixed / float(np.hypot(randomness, 1 - randomness)) - clean / top_sigma()
