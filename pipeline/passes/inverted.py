"""The noise that a pass reads off its source, kept by key: a stage of its own, below the pass.

It hangs on nothing that the pass itself does with it: another denoising strength, guidance scale, seed or weight of a
control leaves it as it is. Only where the pass starts on the inversion's own way does it hang on where that is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.engine.batch import Batch, Climb, Inverted, Latents
from pipeline.keys import Key, Setting
from pipeline.passes.plan import PassPlan, deciding
from pipeline.recipe.networks import named_networks
from pipeline.stage import FrameStore, Stage

INVERSION = Stage("inversion", version=1, reach=0)
DECIDING = {"guidance_scale", "steps", "sigma_adjustment", "prompt", "negative_prompt", "controls", "start"}
"""Settings of the inversion that the noise hangs on; the others say what the pass does with it."""
OF_CONTROLS = {"model", "weight", "start", "end"}
"""Settings of a control that do not count: its model is in the key by its weights, and it leads in full all the way."""
WHOLE = {"working_size", "crop_and_resize", "sides", "batch_size"}

Invert = Callable[[Batch, Climb], Latents]
"""What the engine does: the noise that a batch's frames come from."""


def inversion_key(plan: PassPlan, inputs: Sequence[Key]) -> Key:
    """The key of the noise; `inputs` are the keys of the pictures and mattes that the pass reads."""
    spec, own = plan.spec, plan.spec.inversion
    controls = plan.controls if own.controls else ()
    settings: dict[str, Setting] = {
        "inversion": own.model_dump(mode="json", include=DECIDING),
        "until": [spec.sampler, spec.steps, spec.denoising_strength] if own.start == "stored" else None,
        "region": spec.region.model_dump(mode="json"),
        "inpaint": spec.inpaint.model_dump(mode="json"),
        "size": spec.size,
        "source": spec.source,
        "clip_skip": spec.clip_skip,
        "person": plan.person,
        "controls": [deciding(control, OF_CONTROLS) for control, _ in controls],
        "adapters": [(one.unet_weight, one.text_weight) for one in plan.adapters],
        "recipe": plan.recipe.model_dump(mode="json", include=WHOLE),
    }
    models = [control.key for _, control in controls]
    models += [*(one.weights.key for one in plan.adapters), *(one.key for one in plan.words_in(_prompts(plan)))]
    return INVERSION.key(settings, (*inputs, plan.checkpoint.key, *models))


def read_off(batch: Batch, plan: PassPlan, store: FrameStore, invert: Invert) -> Inverted:
    """The noise of every frame of a pass's batch; what is not in the store yet is inverted and kept.

    A frame is inverted at the place of a batch that its number gives it, whoever asks for it. Key frames that lead the
    batch belong to batches of their own.
    """
    store.use()
    size = batch.wanted
    grid = range(batch.leading, len(batch.frames))
    for places in (grid, *([place] * size for place in range(batch.leading))):
        if not all(store.has(batch.frames[place]) for place in places):
            noise = invert(_request(batch.at(places), plan), _climb(plan))
            for row, place in enumerate(places):
                if batch.frames[place] % size == row:
                    store.write(batch.frames[place], _packed(noise[row]))
    noise = np.stack([np.load(io.BytesIO(store.read(frame)), allow_pickle=False) for frame in batch.frames])
    return Inverted(noise, plan.spec.inversion.randomness)


def _request(batch: Batch, plan: PassPlan) -> Batch:
    """The batch as it is inverted: plain prompts, and controls that lead in full from the first step to the last.

    In Auto1111 they lead so because ControlNet's hook is there and what ends it is not called.
    """
    own = plan.spec.inversion
    sampling = replace(plan.sampling, sampler="euler", steps=own.steps, strength=1.0, guidance_scale=own.guidance_scale)
    return replace(
        batch,
        masks=None,
        hints=tuple(replace(hint, weight=1.0, start=0.0, end=1.0) for hint in batch.hints) if own.controls else (),
        prompt=named_networks(own.prompt).text,
        negative_prompt=own.negative_prompt,
        sampling=sampling,
        embeddings=plan.words_in(_prompts(plan)),
    )


def _climb(plan: PassPlan) -> Climb:
    from pipeline.engine.samplers import Schedule

    spec, own = plan.spec, plan.spec.inversion
    if own.start == "auto1111":
        return Climb(own.sigma_adjustment)
    schedule = Schedule.for_strength(spec.steps, spec.denoising_strength, spec.sampler)
    return Climb(own.sigma_adjustment, schedule.sigmas[0])


def _prompts(plan: PassPlan) -> str:
    return f"{plan.spec.inversion.prompt} {plan.spec.inversion.negative_prompt}"


def _packed(noise: Latents) -> bytes:
    file = io.BytesIO()
    np.save(file, noise, allow_pickle=False)
    return file.getvalue()
