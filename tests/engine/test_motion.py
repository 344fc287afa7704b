"""Motion modules: the very numbers of diffusers' own motion UNet, and that nothing of them is left behind."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import MotionAdapter, UNetMotionModel

from pipeline.engine.batch import Batch
from pipeline.engine.img2img import img2img
from pipeline.engine.memory import Limits, stepping_down
from pipeline.engine.motion import moving
from pipeline.engine.once import computed_once
from pipeline.engine.residency import Residency
from pipeline.errors import ModelMissing, PhotoplayError, RecipeError
from pipeline.models.store import ModelStore
from tests import tiny
from tests.engine.batches import drive, latents_of, make_batch, make_hint, with_hints

FRAMES = 5
TOLERANCE = 1e-4


@pytest.fixture
def store(store: ModelStore, tmp_path: Path) -> ModelStore:
    """The tiny models in a folder of this test's."""
    folder = tmp_path / "models"
    folder.mkdir()
    for kind in ("checkpoints", "controlnets"):
        (folder / kind).symlink_to(store.folder / kind)
    shutil.copytree(store.folder / "motion", folder / "motion")
    return ModelStore(folder)


@pytest.fixture
def batch(store: ModelStore) -> Batch:
    batch = make_batch(store, count=FRAMES, steps=3)
    return with_hints(batch, make_hint(store, "tiny-canny", batch))


def together(batch: Batch, store: ModelStore) -> Batch:
    return replace(batch, motion=store.weights("motion", tiny.MOTION))


@pytest.mark.parametrize("mid", [True, False])
@pytest.mark.parametrize("copies", [1, 2])
@torch.inference_mode()
def test_the_numbers_are_those_of_diffusers(mid: bool, copies: int) -> None:
    unet, adapter = tiny.unet().eval(), tiny.motion_adapter(mid).eval()
    theirs: Any = UNetMotionModel.from_unet2d(unet, adapter)
    theirs.eval()
    rows = torch.randn(FRAMES, 4, 8, 8, generator=torch.Generator().manual_seed(5)).repeat(copies, 1, 1, 1)
    text = torch.randn(copies, 7, tiny.TEXT_WIDTH, generator=torch.Generator().manual_seed(6))
    texts = text.repeat_interleave(FRAMES, 0)
    video = rows.unflatten(0, (copies, FRAMES)).permute(0, 2, 1, 3, 4)
    expected = theirs(video, 500, texts, return_dict=False)[0].permute(0, 2, 1, 3, 4).flatten(0, 1)
    plain = unet(rows, 500, texts, return_dict=False)[0]
    with computed_once(unet, copies), moving(adapter, unet, FRAMES):
        ours = unet(rows, 500, texts, return_dict=False)[0]
    assert (ours - expected).abs().max() < TOLERANCE
    assert (ours - plain).abs().max() > 100 * TOLERANCE, "the tiny adapter does something"
    assert torch.equal(unet(rows, 500, texts, return_dict=False)[0], plain), "and leaves nothing behind"


def test_every_frame_sees_every_other(batch: Batch, store: ModelStore, residency: Residency) -> None:
    whole = latents_of(together(batch, store), residency)
    assert np.abs(whole - latents_of(batch, residency)).max() > 100 * TOLERANCE
    pictures = batch.pictures.copy()
    pictures[-1] = 255 - pictures[-1]
    other = latents_of(together(replace(batch, pictures=pictures), store), residency)
    assert (np.abs(whole - other).max(axis=(1, 2, 3)) > TOLERANCE).all()


def test_others_find_the_unet_as_it_was_between_two_steps(
    batch: Batch, store: ModelStore, residency: Residency
) -> None:
    plain = drive(img2img(batch, residency))
    work = img2img(together(batch, store), residency)
    for _ in range(3):
        next(work)
        assert np.array_equal(drive(img2img(batch, residency)), plain)
    work.close()


@pytest.mark.slow
def test_a_window_is_never_halved(batch: Batch, store: ModelStore) -> None:
    tried: list[int] = []

    def full(part: Batch):  # noqa: ANN202
        tried.append(part.wanted)
        raise MemoryError
        yield

    limits = Limits()
    for _ in range(2):
        with pytest.raises(PhotoplayError, match="5 frames that are made together"):
            drive(stepping_down(together(batch, store), full, limits, lambda part: False))
    assert tried == [FRAMES, FRAMES]


def test_more_frames_than_the_adapter_knows_are_refused(store: ModelStore, residency: Residency) -> None:
    many = together(make_batch(store, count=9, steps=2), store)
    with pytest.raises(RecipeError, match=r"knows 8 frames at most.*temporal\.window to 8"):
        drive(img2img(many, residency))


def test_an_adapter_of_another_base_is_refused(batch: Batch, store: ModelStore, residency: Residency) -> None:
    other = MotionAdapter(block_out_channels=(32, 32, 64), motion_layers_per_block=1, motion_num_attention_heads=4)
    other.save_pretrained(store.folder / "motion" / "other")
    with pytest.raises(ModelMissing, match="other was not made for models like this"):
        drive(img2img(replace(batch, motion=store.weights("motion", "other")), residency))
