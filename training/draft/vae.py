"""Train the draft autoencoder: `python -m training.draft.vae --data DATA --work WORK --steps 4000`.

Stops and goes on: the state is written every few minutes and picked up again by the same command.
The latents are kept near mean 0 and deviation 1, and the decoder sees them with noise, because what a denoiser hands
it is never exact.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch.nn import functional as F

from training.draft import shapes
from training.draft.corpus import LOOKS, pictures, read_pairs
from training.draft.device import device, lean
from training.draft.state import Run, train_as_asked, warm_cosine

LOG_EVERY = 50
CROP = 128
WINDOWS = (80, 128, 128, 160, 192)
"""Sides of the windows that are shown at `CROP` pixels: faces reach the model enlarged, whole frames reduced."""
LATENT_NOISE = 0.08
DECAY = 0.998


def random_crops(
    looks: list[NDArray[np.uint8]], rows: NDArray[np.int64], batch: int, rng: np.random.Generator
) -> torch.Tensor:
    """`batch` mirrored, rescaled crops as float32 [batch, 3, CROP, CROP] in 0..1."""
    crops = []
    for _ in range(batch):
        picture = looks[rng.integers(len(looks))][rows[rng.integers(len(rows))]]
        side = int(rng.choice(WINDOWS))
        y, x = rng.integers(0, 257 - side, 2)
        window = torch.from_numpy(np.ascontiguousarray(picture[y : y + side, x : x + side])).permute(2, 0, 1)
        crop = F.interpolate(window[None].float() / 255, (CROP, CROP), mode="bicubic", antialias=True).clamp(0, 1)
        crops.append(crop.flip(-1) if rng.random() < 0.5 else crop)
    return torch.cat(crops).to(device()).contiguous(memory_format=torch.channels_last)


def edges(picture: torch.Tensor) -> torch.Tensor:
    """Horizontal and vertical differences of [n, c, h, w], one after the other on the channel axis."""
    dx = picture[..., :-1, 1:] - picture[..., :-1, :-1]
    dy = picture[..., 1:, :-1] - picture[..., :-1, :-1]
    return torch.cat((dx, dy), 1)


def loss_of(model: AutoencoderTiny, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, mean squared error of the reconstruction) of one batch, float32 [n, 3, h, w] in 0..1.

    Absolute differences of the picture, of its edges (twice) and of its fourfold reduction, and a pull of the latents
    towards mean 0 and deviation 1.
    """
    latents = model.encoder(picture * 2 - 1)
    out = (model.decoder(latents + LATENT_NOISE * torch.randn_like(latents)) / 2 + 0.5).float()
    latents = latents.float()
    spread = (latents.mean((0, 2, 3)) ** 2 + (latents.std((0, 2, 3)) - 1) ** 2).mean()
    detail = F.l1_loss(edges(out), edges(picture))
    coarse = F.l1_loss(F.avg_pool2d(out, 4), F.avg_pool2d(picture, 4))
    return F.l1_loss(out, picture) + 2 * detail + coarse + 0.01 * spread, F.mse_loss(out.detach(), picture)


def train(data: Path, work: Path, steps: int, batch: int, rate: float, seed: int) -> None:
    """Train up to `steps`, going on from the state in `work` if there is one."""
    torch.manual_seed(seed)
    run = Run(work, "vae", shapes.autoencoder(), rate, DECAY)
    rows = np.array([p.row for p in read_pairs(data) if p.split == "train"])
    looks = [pictures(data, work, look) for look in LOOKS]
    while run.step < steps:
        rng = np.random.default_rng((seed, run.step))
        torch.manual_seed(seed + run.step)
        with lean():
            loss, error = loss_of(run.model, random_crops(looks, rows, batch, rng))
        run.descend(loss, warm_cosine(run.step, steps, warm=100, floor=0.02))
        if run.step % LOG_EVERY == 0:
            run.log(loss=loss.item(), psnr=-10 * math.log10(error.item()))
        run.keep(run.step == steps)


def main() -> None:
    """Command line entry."""
    train_as_asked(train, str(__doc__), steps=4000, batch=12, rate=1.5e-3, seed=1)


if __name__ == "__main__":
    main()
