"""Shared attention: who sees whom, what stays as it was, and that nothing of it is left behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.engine.batch import Anchors, Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.engine.batches import drive, latents_of, make_batch, make_hint, with_hints

TOLERANCE = 1e-4


def anchored(batch: Batch, count: int, before: tuple[int, ...], after: tuple[int, ...], share: float) -> Batch:
    return replace(batch, anchors=Anchors(count, before, after, (share,) * len(batch.frames)))


@pytest.fixture
def batch(store: ModelStore) -> Batch:
    """Two key frames and two frames, all different, with a control."""
    batch = make_batch(store, count=4, steps=4)
    return with_hints(batch, make_hint(store, "tiny-canny", batch))


def test_a_frame_that_sees_only_itself_is_what_it_was(batch: Batch, residency: Residency) -> None:
    alone = anchored(batch, 2, (0, 1, 2, 3), (0, 1, 2, 3), 0.3)
    assert np.abs(latents_of(alone, residency) - latents_of(batch, residency)).max() < TOLERANCE


def test_key_frames_do_not_change_and_the_others_do(batch: Batch, residency: Residency) -> None:
    looking = latents_of(anchored(batch, 2, (0, 1, 0, 0), (0, 1, 1, 1), 0.5), residency)
    plain = latents_of(batch, residency)
    assert np.abs(looking[:2] - plain[:2]).max() < TOLERANCE
    assert (np.abs(looking[2:] - plain[2:]).max(axis=(1, 2, 3)) > 10 * TOLERANCE).all()


def test_the_nearer_key_frame_counts_more_until_only_it_counts(batch: Batch, residency: Residency) -> None:
    both = [latents_of(anchored(batch, 2, (0, 1, 0, 0), (0, 1, 1, 1), share), residency)[2] for share in (0, 0.5, 1)]
    first = latents_of(anchored(batch, 2, (0, 1, 0, 0), (0, 1, 0, 0), 0.5), residency)[2]
    second = latents_of(anchored(batch, 2, (0, 1, 1, 1), (0, 1, 1, 1), 0.5), residency)[2]
    assert np.abs(both[0] - first).max() < TOLERANCE and np.abs(both[2] - second).max() < TOLERANCE
    assert min(np.abs(both[1] - both[0]).max(), np.abs(both[1] - both[2]).max()) > 2 * TOLERANCE


def test_a_frame_comes_out_the_same_in_any_company(batch: Batch, residency: Residency) -> None:
    looking = anchored(batch, 2, (0, 1, 0, 0), (0, 1, 1, 1), 0.5)
    whole = latents_of(looking, residency)
    for place in (0, 1):
        alone = looking.part(place, place + 1)
        assert alone.frames == (0, 1, 2 + place) and alone.wanted == 1
        assert np.abs(latents_of(alone, residency)[2] - whole[2 + place]).max() < TOLERANCE


def test_key_frames_give_no_pictures_and_leave_no_trace(batch: Batch, residency: Residency) -> None:
    unet = residency.checkpoint(batch.checkpoint).networks.unet
    before = dict(unet.attn_processors)
    plain = drive(img2img(batch, residency))
    pictures = drive(img2img(anchored(batch, 2, (0, 1, 0, 0), (0, 1, 1, 1), 0.5), residency))
    assert pictures.shape == (2, *batch.pictures.shape[1:])
    assert unet.attn_processors == before
    assert np.array_equal(drive(img2img(batch, residency)), plain)


def test_between_two_steps_others_find_the_unet_as_it_was(batch: Batch, residency: Residency) -> None:
    unet = residency.checkpoint(batch.checkpoint).networks.unet
    before = dict(unet.attn_processors)
    work = img2img(anchored(batch, 2, (0, 1, 0, 0), (0, 1, 1, 1), 0.5), residency)
    for _ in range(3):
        next(work)
        assert unet.attn_processors == before
    work.close()
