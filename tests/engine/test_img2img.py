"""What a batch becomes: masks, noise modes, independence of the batch, and the edges of every setting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel

from pipeline.engine.batch import Batch, Noise
from pipeline.engine.img2img import img2img
from pipeline.engine.latents import encode, repaint_mask
from pipeline.engine.noise import START, draw
from pipeline.engine.residency import Residency
from pipeline.engine.samplers import Schedule
from pipeline.errors import ModelMissing, PhotoplayError
from pipeline.models.store import Checkpoint, ModelStore
from tests.engine.batches import drive, latents_of, make_batch, make_hint, noise_pictures, with_hints
from tests.tiny import make_checkpoint

PER_FRAME = Noise("per_frame", seed=7, pass_name="body")


def half_masks(count: int, height: int = 64, width: int = 64) -> np.ndarray:
    """The right half is repainted."""
    masks = np.zeros((count, height, width), np.uint8)
    masks[:, :, width // 2 :] = 255
    return masks


@torch.no_grad()
def inpainted_by_hand(batch: Batch, residency: Residency) -> torch.Tensor:
    """Auto1111's masked Euler loop, written out for guidance 1 and no hints."""
    resident = residency.checkpoint(batch.checkpoint)
    unet, schedule = resident.networks.unet, Schedule.for_strength(batch.sampling.steps, batch.sampling.strength)
    source = encode(resident.networks.vae, batch.pictures)
    assert batch.masks is not None
    mask = repaint_mask(batch.masks, source)
    text = resident.prompts.encode((batch.prompt,), 1).expand(len(source), -1, -1)
    x = source + draw(batch.noise, START, batch.frames, tuple(source.shape[1:])) * schedule.sigmas[0]
    for sigma, after, time in zip(schedule.sigmas, schedule.sigmas[1:], schedule.timesteps, strict=False):
        predicted = unet(x / (1 + sigma * sigma) ** 0.5, torch.tensor(time), encoder_hidden_states=text).sample
        denoised = source * (1 - mask) + (x - sigma * predicted) * mask
        x = x + (x - denoised) / sigma * (after - sigma)
    return source * (1 - mask) + x * mask


def test_a_mask_is_blended_at_every_step_and_at_the_end(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=10, guidance_scale=1.0, masks=half_masks(2))
    latents = torch.from_numpy(latents_of(batch, residency))
    assert torch.allclose(latents, inpainted_by_hand(batch, residency), atol=1e-4)
    source = encode(residency.checkpoint(batch.checkpoint).networks.vae, batch.pictures)
    assert torch.equal(latents[..., :4], source[..., :4])
    whole = torch.from_numpy(latents_of(replace(batch, masks=None), residency))
    assert (latents[..., 4:] - whole[..., 4:]).abs().max() > 1e-3


def test_a_full_mask_is_no_mask(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, steps=4)
    masked = replace(batch, masks=np.full((2, 64, 64), 255, np.uint8))
    assert np.array_equal(drive(img2img(masked, residency)), drive(img2img(batch, residency)))


@pytest.mark.parametrize("sampler", ["euler", "euler_a"])
def test_a_frame_does_not_depend_on_its_place_or_its_neighbours(
    store: ModelStore, residency: Residency, sampler: str
) -> None:
    """Bit-equal at the same batch size, whatever else is in the batch, and wherever; padding included."""
    batch = make_batch(store, count=4, steps=6, sampler=sampler)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    order = [3, 1, 0, 0]
    moved = replace(
        batch,
        pictures=batch.pictures[order],
        frames=tuple(order),
        hints=(replace(batch.hints[0], pictures=batch.hints[0].pictures[order]),),
    )
    for noise in (batch.noise, PER_FRAME):
        straight = drive(img2img(replace(batch, noise=noise), residency))
        shuffled = drive(img2img(replace(moved, noise=noise), residency))
        assert np.array_equal(shuffled, straight[order])


def test_another_batch_size_changes_rounding_only(store: ModelStore, residency: Residency) -> None:
    many = latents_of(make_batch(store, count=4, steps=6), residency)
    one = latents_of(make_batch(store, count=1, steps=6), residency)
    assert np.abs(many[:1] - one).max() < 1e-4


def test_fixed_noise_treats_equal_pictures_equally_and_per_frame_noise_does_not(
    store: ModelStore, residency: Residency
) -> None:
    same = np.repeat(noise_pictures(1), 2, axis=0)
    fixed = drive(img2img(make_batch(store, steps=4, pictures=same), residency))
    boiling = drive(img2img(make_batch(store, steps=4, pictures=same, noise=PER_FRAME), residency))
    assert np.array_equal(fixed[0], fixed[1])
    assert not np.array_equal(boiling[0], boiling[1])


def test_euler_a_is_deterministic_and_not_euler(store: ModelStore, residency: Residency) -> None:
    ancestral = make_batch(store, steps=6, sampler="euler_a")
    first = drive(img2img(ancestral, residency))
    torch.manual_seed(123)
    assert np.array_equal(first, drive(img2img(ancestral, residency)))
    assert not np.array_equal(first, drive(img2img(make_batch(store, steps=6), residency)))


def test_strength_0_gives_the_pictures_back(store: ModelStore, residency: Residency) -> None:
    batch = make_batch(store, strength=0.0, masks=half_masks(2))
    result = drive(img2img(batch, residency))
    assert np.array_equal(result, batch.pictures) and result is not batch.pictures


@pytest.mark.parametrize("changes", [{"strength": 1.0, "steps": 5}, {"steps": 1}, {"strength": 0.01}])
def test_the_edges_of_strength_and_steps_work(store: ModelStore, residency: Residency, changes: dict[str, Any]) -> None:
    result = drive(img2img(make_batch(store, **changes), residency))
    assert result.shape == (2, 64, 64, 3) and result.dtype == np.uint8
    assert not np.array_equal(result, noise_pictures(2))


@pytest.mark.parametrize(("height", "width"), [(40, 104), (104, 40), (72, 72), (8, 64)])
@pytest.mark.parametrize("masked", [False, True])
def test_sizes_that_the_unet_cannot_halve_evenly_work(
    store: ModelStore, residency: Residency, height: int, width: int, masked: bool
) -> None:
    batch = make_batch(store, height=height, width=width, steps=3)
    batch = with_hints(batch, make_hint(store, "tiny-canny", batch))
    masks = half_masks(2, height, width) if masked else None
    assert drive(img2img(replace(batch, masks=masks), residency)).shape == (2, height, width, 3)


def test_views_and_read_only_arrays_are_taken(store: ModelStore, residency: Residency) -> None:
    mirrored = noise_pictures(2)[:, :, ::-1]
    mirrored.flags.writeable = False
    plain = drive(img2img(make_batch(store, steps=2, pictures=mirrored.copy()), residency))
    assert np.array_equal(plain, drive(img2img(make_batch(store, steps=2, pictures=mirrored), residency)))


def test_the_tiny_autoencoder_goes_through_the_same_code(
    store: ModelStore, residency: Residency, tmp_path: Path
) -> None:
    make_checkpoint(tmp_path / "checkpoints" / "small-vae", autoencoder="tiny")
    other = ModelStore(tmp_path).checkpoint("small-vae")
    result = drive(img2img(make_batch(store, steps=3, checkpoint=other), residency))
    assert result.shape == (2, 64, 64, 3)
    assert not np.array_equal(result, drive(img2img(make_batch(store, steps=3), residency)))


def test_a_control_of_another_family_is_refused(store: ModelStore, residency: Residency, tmp_path: Path) -> None:
    net = ControlNetModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        block_out_channels=(32, 32, 32),
        layers_per_block=1,
        attention_head_dim=4,
        norm_num_groups=8,
        cross_attention_dim=16,
    )
    net.save_pretrained(tmp_path / "controlnets" / "foreign")
    batch = make_batch(store, steps=2)
    hint = replace(make_hint(store, "tiny-canny", batch), control=ModelStore(tmp_path).control("foreign"))
    with pytest.raises(ModelMissing, match="foreign was not made for models like tiny"):
        drive(img2img(with_hints(batch, hint), residency))


def test_weights_stay_ordinary_tensors(store: ModelStore) -> None:
    """Training shares them, and tensors made in inference mode can never carry a gradient."""
    fresh = Residency(torch.device("cpu"))
    batch = make_batch(store, steps=1)
    drive(img2img(with_hints(batch, make_hint(store, "tiny-canny", batch)), fresh))
    networks = fresh.checkpoint(batch.checkpoint).networks
    control = fresh.control(store.control("tiny-canny"), batch.checkpoint)
    for network in (networks.unet, networks.vae, networks.text_encoder, control.net, control.embedder):
        assert not any(p.is_inference() or p.requires_grad for p in network.parameters())


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": (0, 1, 2)},
        {"masks": np.zeros((2, 64, 72), np.uint8)},
        {"pictures": np.zeros((2, 64, 64, 3), np.float32)},
        {"pictures": np.zeros((0, 64, 64, 3), np.uint8), "frames": ()},
    ],
)
def test_a_batch_that_does_not_hold_together_is_refused(store: ModelStore, changes: dict[str, Any]) -> None:
    with pytest.raises(PhotoplayError, match="of a batch are"):
        make_batch(store, **changes)


def test_a_checkpoint_that_vanished_is_a_clear_error(residency: Residency, store: ModelStore, tmp_path: Path) -> None:
    gone = Checkpoint("gone", tmp_path / "gone", store.control("tiny-canny").key)
    with pytest.raises(ModelMissing, match="cannot be read"):
        drive(img2img(make_batch(store, checkpoint=gone), residency))
