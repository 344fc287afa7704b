"""Between pictures and latents: the autoencoder and the mask at its scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.engine.batch import Masks, Pictures
from pipeline.engine.transfer import sent
from pipeline.errors import Overflow, PhotoplayError

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, AutoencoderTiny


def unit_range(pictures: Pictures, device: torch.device) -> Tensor:
    """uint8 [n, H, W, 3] -> float32 [n, 3, H, W] in 0..1, channels last in memory."""
    there = sent(torch.tensor(np.ascontiguousarray(pictures)), device)
    return there.permute(0, 3, 1, 2).to(torch.float32) / 255


@torch.inference_mode()
def encode(vae: AutoencoderKL | AutoencoderTiny, pictures: Pictures) -> Tensor:
    """uint8 [n, H, W, 3] -> latents, float32 [n, c, H/f, W/f], scaled as the UNet expects them.

    The full autoencoder gives a distribution, and its mean is taken. Auto1111 draws from it; the deviation is so small
    that the eye sees no difference, but drawn anew for every frame it would be one more thing to flicker.
    Raises PhotoplayError when H or W is no multiple of the autoencoder's factor f.
    """
    factor = 2 ** (len(vae.config["block_out_channels"]) - 1)
    if pictures.shape[1] % factor or pictures.shape[2] % factor:
        raise PhotoplayError(
            f"A picture of {pictures.shape[2]}x{pictures.shape[1]} has no sides in multiples of {factor}."
        )
    coded = vae.encode((unit_range(pictures, vae.device) * 2 - 1).to(vae.dtype), return_dict=False)[0]
    latents = coded if isinstance(coded, Tensor) else coded.mode()
    return latents.to(torch.float32) * vae.config["scaling_factor"]


@torch.inference_mode()
def decode(vae: AutoencoderKL | AutoencoderTiny, latents: Tensor) -> Pictures:
    """Latents [n, c, h, w] -> uint8 [n, H, W, 3], clipped and rounded. Raises Overflow."""
    pictures = vae.decode((latents / vae.config["scaling_factor"]).to(vae.dtype), return_dict=False)[0].to(
        torch.float32
    )
    if not pictures.isfinite().all():
        raise Overflow(
            "The model gave no picture: its numbers overflowed.",
            "Lower the guidance scale or the weights of the controls.",
        )
    return ((pictures / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


@torch.inference_mode()
def repaint_mask(masks: Masks, latents: Tensor) -> Tensor:
    """uint8 [n, H, W] -> float32 [n, 1, h, w] of 0 (keep) and 1 (repaint), at the size and place of the latents.

    Bicubic with the support scaled, as Pillow resizes, then rounded: what Auto1111 does with its inpaint mask.
    """
    full = torch.tensor(np.ascontiguousarray(masks), device=latents.device)[:, None].to(torch.float32) / 255
    small = functional.interpolate(full, latents.shape[2:], mode="bicubic", antialias=True)
    return small.clamp(0, 1).round()
