"""Go on training the decoder alone: `python -m training.draft.decoder --data DATA --work WORK --steps 1500`.

The encoder stays as it is, so cached latents stay valid and this can be done beside or after the denoiser. What is
gained is colour: the autoencoder's own training weighs edges heavily and leaves lips and hair a little grey.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch.nn import functional as F

from training.draft import shapes
from training.draft.corpus import LOOKS, pictures, read_pairs
from training.draft.device import lean, move
from training.draft.state import Run, averaged, train_as_asked, warm_cosine
from training.draft.vae import edges, face_views, random_crops

LOG_EVERY = 50
LATENT_NOISE = 0.05
DECAY = 0.998


class Decoder(torch.nn.Module):
    """The decoder of an autoencoder whose encoder is frozen."""

    def __init__(self, vae: AutoencoderTiny) -> None:
        super().__init__()
        self.decoder = vae.decoder


def loss_of(vae: AutoencoderTiny, decoder: torch.nn.Module, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, mean squared error) of one batch, float32 [n, 3, h, w] in 0..1; coarse colour counts three times."""
    with torch.no_grad():
        latents = vae.encoder(picture * 2 - 1)
    out = (decoder(latents + LATENT_NOISE * torch.randn_like(latents)) / 2 + 0.5).float()
    coarse = F.l1_loss(F.avg_pool2d(out, 4), F.avg_pool2d(picture, 4))
    loss = F.l1_loss(out, picture) + F.l1_loss(edges(out), edges(picture)) + 3 * coarse
    return loss, F.mse_loss(out.detach(), picture)


def train(data: Path, work: Path, steps: int, batch: int, rate: float, seed: int) -> None:
    """Train up to `steps`, going on from the state in `work` if there is one."""
    vae = averaged(work / "vae.pt", shapes.autoencoder())
    move(vae)
    vae.decoder.requires_grad_(True)
    run = Run(work, "decoder", Decoder(vae), rate, DECAY)
    rows = np.array([p.row for p in read_pairs(data) if p.split == "train"])
    looks, faces = [pictures(data, work, look) for look in LOOKS], face_views(work)
    while run.step < steps:
        rng = np.random.default_rng((seed, run.step))
        torch.manual_seed(seed + run.step)
        with lean():
            loss, error = loss_of(vae, run.model.decoder, random_crops(looks, rows, faces, batch, rng))
        run.descend(loss, warm_cosine(run.step, steps, warm=50, floor=0.02))
        if run.step % LOG_EVERY == 0:
            run.log(loss=loss.item(), psnr=-10 * math.log10(error.item()))
        run.keep(run.step == steps)


def main() -> None:
    """Command line entry."""
    train_as_asked(train, str(__doc__), steps=1500, batch=8, rate=6e-4, seed=2)


if __name__ == "__main__":
    main()
