"""What is asked of the engine: batches of noise pictures as a body pass, a face pass and an inversion have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.gpu_parts.models import CHECKPOINT, CONTROLS, Size
from pipeline.engine.batch import Batch, Hint, Noise, Sampling
from pipeline.models.store import ModelStore

PROMPT = "cinematic film still of Ava Machina, photoreal skin, natural light"
NEGATIVE = "engine render, plastic skin, blurry"
BODY_STRENGTH, FACE_STRENGTH = 0.65, 0.5
BODY_GUIDANCE, FACE_GUIDANCE = 7.5, 8.0


def pictures(count: int, size: tuple[int, int], seed: int) -> np.ndarray:
    """uint8 [count, height, width, 3] of smooth noise; size: width and height."""
    width, height = size
    coarse = np.random.default_rng(seed).integers(0, 256, (count, height // 8, width // 8, 3), np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def body(store: ModelStore, size: Size, count: int) -> Batch:
    """Whole frames under three ControlNets, with CFG."""
    sampling = Sampling("euler", size.body_steps, BODY_STRENGTH, BODY_GUIDANCE, 1)
    return _batch(store, size.body, count, CONTROLS, sampling)


def face(store: ModelStore, size: Size, count: int) -> Batch:
    """Crops of faces under one ControlNet, repainted inside a mask."""
    sampling = Sampling("euler", size.face_steps, FACE_STRENGTH, FACE_GUIDANCE, 1)
    batch = _batch(store, size.face, count, CONTROLS[2:], sampling)
    masks = np.zeros(batch.pictures.shape[:3], np.uint8)
    edge = size.face[0] // 8
    masks[:, edge:-edge, edge:-edge] = 255
    return replace(batch, masks=masks)


def inversion(store: ModelStore, size: Size, count: int) -> Batch:
    """Whole frames without ControlNets, at guidance scale 1, as Auto1111's script has it."""
    return _batch(store, size.body, count, (), Sampling("euler", size.inversion_steps, 1.0, 1.0, 1))


def _batch(
    store: ModelStore, size: tuple[int, int], count: int, controls: tuple[str, ...], sampling: Sampling
) -> Batch:
    return Batch(
        checkpoint=store.checkpoint(CHECKPOINT),
        pictures=pictures(count, size, 0),
        frames=tuple(range(count)),
        masks=None,
        hints=tuple(
            Hint(store.control(name), pictures(count, size, seed), 1.0, 0.0, 1.0)
            for seed, name in enumerate(controls, 1)
        ),
        prompt=PROMPT,
        negative_prompt=NEGATIVE,
        sampling=sampling,
        noise=Noise("fixed", seed=1, pass_name="bench"),
    )
