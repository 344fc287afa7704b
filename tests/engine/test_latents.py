"""Pictures to latents and back, with both kinds of autoencoder, and the mask between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from PIL import Image

from pipeline.engine.latents import decode, encode, repaint_mask
from pipeline.errors import PhotoplayError
from tests import tiny
from tests.engine.batches import noise_pictures


def in_model_range(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_the_full_autoencoder_gives_its_mean_scaled() -> None:
    vae, pictures = tiny.full_autoencoder().eval(), noise_pictures(2, 64, 96)
    latents = encode(vae, pictures)
    with torch.no_grad():
        expected = vae.encode(in_model_range(pictures), return_dict=False)[0].mean * 0.18215
    assert latents.shape == (2, 4, 8, 12)
    assert torch.allclose(latents, expected, atol=1e-6)


def test_the_tiny_autoencoder_gives_its_latents_as_they_are() -> None:
    vae, pictures = tiny.tiny_autoencoder().eval(), noise_pictures(2, 64, 96)
    with torch.no_grad():
        expected = vae.encode(in_model_range(pictures), return_dict=False)[0]
    assert torch.allclose(encode(vae, pictures), expected, atol=1e-6)


@pytest.mark.parametrize("make", [tiny.full_autoencoder, tiny.tiny_autoencoder])
def test_decoding_undoes_the_scale_and_gives_pictures(make: Callable[[], AutoencoderKL | AutoencoderTiny]) -> None:
    vae = cast(Any, make().eval())
    latents = torch.randn((2, 4, 8, 12), generator=torch.Generator().manual_seed(1))
    pictures = decode(vae, latents * vae.config["scaling_factor"])
    with torch.no_grad():
        exact = (vae.decode(latents, return_dict=False)[0].permute(0, 2, 3, 1).numpy() + 1) * 127.5
    assert pictures.shape == (2, 64, 96, 3) and pictures.dtype == np.uint8
    assert np.abs(pictures - exact.clip(0, 255)).max() <= 0.501


def test_latents_without_numbers_are_refused() -> None:
    with pytest.raises(PhotoplayError, match="overflowed"):
        decode(tiny.full_autoencoder().eval(), torch.full((1, 4, 8, 8), torch.nan))


def test_a_size_that_the_autoencoder_cannot_halve_is_refused() -> None:
    with pytest.raises(PhotoplayError, match="multiples of 8"):
        encode(tiny.full_autoencoder().eval(), noise_pictures(1, 64, 68))


def test_the_mask_is_resized_as_pillow_does_and_rounded() -> None:
    y, x = np.mgrid[:120, :200]
    masks = np.stack([((x - 90) ** 2 + (y - 50) ** 2 < 38**2) * 255, (x + y > 177) * 255]).astype(np.uint8)
    ours = repaint_mask(masks, torch.zeros(2, 4, 15, 25))
    pillow = [np.around(np.asarray(Image.fromarray(mask).resize((25, 15))) / 255) for mask in masks]
    assert ours.shape == (2, 1, 15, 25)
    assert np.array_equal(ours[:, 0].numpy(), np.stack(pillow))
    assert 0 < ours.mean() < 1
