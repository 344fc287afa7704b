"""What a batch starts from: another picture than it keeps from, and noise that was carried along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.engine.batch import CarriedNoise, Noise
from pipeline.engine.noise import START, draw, read
from pipeline.engine.residency import Residency
from pipeline.errors import PhotoplayError
from pipeline.models.store import ModelStore
from tests.engine.batches import latents_of, make_batch, noise_pictures

NOISE = Noise("fixed", seed=7, pass_name="body")


def table(frames: tuple[int, ...], from_frame: int | None = None, side: int = 8) -> CarriedNoise:
    """Carried noise of which every cell comes from its own place in its own or in one other frame."""
    rows, columns = np.indices((side, side), dtype=np.int32)
    origins = np.stack(
        [
            np.stack((np.full_like(rows, frame if from_frame is None else from_frame), rows, columns), axis=-1)
            for frame in frames
        ]
    )
    count = len(frames)
    return CarriedNoise(np.repeat(origins[:, None], 2, axis=1), ((0, 1),) * count, ((0.6, 0.8),) * count)


def test_a_start_of_its_own_is_what_the_frames_begin_with(store: ModelStore, residency: Residency) -> None:
    batch, other = make_batch(store, steps=4), noise_pictures(2, seed=9)
    started = latents_of(replace(batch, starts=other), residency)
    assert np.array_equal(started, latents_of(replace(batch, pictures=other), residency))
    assert np.array_equal(latents_of(replace(batch, starts=batch.pictures), residency), latents_of(batch, residency))


def test_what_a_mask_keeps_is_kept_from_the_pictures(store: ModelStore, residency: Residency) -> None:
    masks = np.zeros((2, 64, 64), np.uint8)
    masks[:, :, 32:] = 255
    batch = make_batch(store, steps=4, masks=masks)
    kept, changed = (
        latents_of(batch, residency),
        latents_of(replace(batch, starts=noise_pictures(2, seed=9)), residency),
    )
    assert np.array_equal(kept[..., :4], changed[..., :4])
    assert np.abs(kept[..., 4:] - changed[..., 4:]).max() > 0.01


def test_a_start_of_another_size_is_refused(store: ModelStore) -> None:
    with pytest.raises(PhotoplayError, match="starts of a batch"):
        replace(make_batch(store), starts=noise_pictures(2, height=72))


def test_carried_numbers_are_those_of_where_they_come_from() -> None:
    first = read(NOISE, START, table((5,)), 4)
    assert torch.equal(read(NOISE, START, table((9,), from_frame=5), 4), first)
    assert not torch.equal(read(NOISE, START, table((9,)), 4), first)
    assert not torch.equal(read(NOISE, 3, table((5,)), 4), first)
    assert abs(float(read(NOISE, START, table((5,), side=96), 4).std()) - 1) < 0.03


def test_carried_noise_takes_the_place_of_the_drawn_one(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=4, sampler="euler_a")
    carried = latents_of(replace(batch, carried=table(batch.frames)), residency)
    assert np.abs(carried - latents_of(batch, residency)).max() > 0.01
    alone = replace(batch, carried=table(batch.frames)).part(1, 2)
    assert np.abs(latents_of(alone, residency)[0] - carried[1]).max() < 1e-4
    assert not torch.equal(read(batch.noise, START, table((0,)), 4)[0], draw(batch.noise, START, (0,), (4, 8, 8))[0])
