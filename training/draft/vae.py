"""Train the draft autoencoder: `python -m training.draft.vae --data DATA --work WORK --steps 4000`.

Stops and goes on: the state is written every few minutes and picked up again by the same command.
The latents are kept near mean 0 and deviation 1, and the decoder sees them with noise, because what a denoiser hands
it is never exact. Three of the channels say the mean colour of their place: else a picture's colour is a small part of
its latents, a denoiser's squared error hardly sees it, and noise drowns it first. Where `warm` began with an exported
model, the latents that it has stay what they were, so that its denoiser can go on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch.nn import functional as F

from training.draft import shapes
from training.draft.corpus import LOOKS, pictures, read_pairs
from training.draft.device import device, lean, move
from training.draft.hints import views_file
from training.draft.state import Run, train_as_asked, warm_cosine
from training.draft.views import SIDE, View, read_views

LOG_EVERY = 50
CROP = 128
WINDOWS = (80, 128, 128, 160, 192)
"""Sides of the windows that are shown at `CROP` pixels: faces reach the model enlarged, whole frames reduced."""
FACES = 0.5
"""Share of the windows that lie on a face, where there is one: eyes, teeth and lips are small and few."""
GREY = (0.3, 0.59, 0.11)
COLOUR_MEAN = (0.4, 0.05, 0.08)
COLOUR_SPREAD = (0.17, 0.11, 0.115)
"""Of grey, red less green and yellow less blue in the training pictures (235 pairs, both looks)."""
LATENT_NOISE = 0.08
DECAY = 0.998
MEANING = 0.1
"""Weight of what the channels mean."""


def random_crops(
    looks: list[NDArray[np.uint8]],
    rows: NDArray[np.int64],
    faces: Sequence[View],
    batch: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """`batch` mirrored, rescaled crops as float32 [batch, 3, CROP, CROP] in 0..1. faces: where each row's face is."""
    crops = []
    for _ in range(batch):
        row, side = int(rng.choice(rows)), int(rng.choice(WINDOWS))
        picture = looks[rng.integers(len(looks))][row]
        x, y = corner(faces[row] if row < len(faces) and rng.random() < FACES else None, side, rng)
        window = torch.from_numpy(np.ascontiguousarray(picture[y : y + side, x : x + side])).permute(2, 0, 1)
        crop = F.interpolate(window[None].float() / 255, (CROP, CROP), mode="bicubic", antialias=True).clamp(0, 1)
        crops.append(crop.flip(-1) if rng.random() < 0.5 else crop)
    return torch.cat(crops).to(device()).contiguous(memory_format=torch.channels_last)


def corner(face: View | None, side: int, rng: np.random.Generator) -> tuple[int, int]:
    """The upper left corner of a window: anywhere, or with its middle in the middle part of a face crop."""
    if face is None:
        x, y = rng.integers(0, SIDE + 1 - side, 2)
    else:
        middle = np.array([face.x, face.y]) + face.side * rng.uniform(0.3, 0.7, 2)
        x, y = np.clip(middle - side / 2, 0, SIDE - side)
    return int(x), int(y)


def face_views(work: Path) -> list[View]:
    """The face crop of every pair whose hints are done."""
    return [views[-1] for views in read_views(views_file(work))]


def colour_of(picture: torch.Tensor) -> torch.Tensor:
    """What the colour channels are to say of float32 [n, 3, h, w] in 0..1: [n, 3, h / 8, w / 8], deviation about 1.

    The means over 8x8 pixels of grey, of red less green and of yellow less blue, all of sRGB as stored.
    """
    red, green, blue = F.avg_pool2d(picture, 8).unbind(1)
    grey = GREY[0] * red + GREY[1] * green + GREY[2] * blue
    said = torch.stack((grey, red - green, (red + green) / 2 - blue), 1)
    mean, spread = (said.new_tensor(v)[:, None, None] for v in (COLOUR_MEAN, COLOUR_SPREAD))
    return (said - mean) / spread


def begun_with(work: Path) -> AutoencoderTiny | None:
    """The autoencoder that `warm` began with, if it did: its channels are held to what they were."""
    if not began_folder(work).exists():
        return None
    model = AutoencoderTiny.from_pretrained(began_folder(work)).eval().requires_grad_(False)
    move(model)
    return model


def began_folder(work: Path) -> Path:
    """Where the autoencoder that `warm` began with is kept."""
    return work / "vae-began"


def edges(picture: torch.Tensor) -> torch.Tensor:
    """Horizontal and vertical differences of [n, c, h, w], one after the other on the channel axis."""
    dx = picture[..., :-1, 1:] - picture[..., :-1, :-1]
    dy = picture[..., 1:, :-1] - picture[..., :-1, :-1]
    return torch.cat((dx, dy), 1)


def loss_of(
    model: AutoencoderTiny, picture: torch.Tensor, began: AutoencoderTiny | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, mean squared error of the reconstruction) of one batch, float32 [n, 3, h, w] in 0..1.

    Absolute differences of the picture, of its edges (twice) and of its fourfold reduction, a pull of the latents
    towards mean 0 and deviation 1, of the colour channels to the colours, and of the others to what they were in
    `began`, as far as it has them.
    """
    latents = model.encoder(picture * 2 - 1)
    out = (model.decoder(latents + LATENT_NOISE * torch.randn_like(latents)) / 2 + 0.5).float()
    latents = latents.float()
    spread = (latents.mean((0, 2, 3)) ** 2 + (latents.std((0, 2, 3)) - 1) ** 2).mean()
    meaning = F.mse_loss(latents[:, shapes.COLOUR], colour_of(picture))
    if began is not None:
        with torch.no_grad():
            known = began.encoder(picture * 2 - 1).float()
        meaning = meaning + F.mse_loss(latents[:, : known.shape[1]], known)
    detail = F.l1_loss(edges(out), edges(picture))
    coarse = F.l1_loss(F.avg_pool2d(out, 4), F.avg_pool2d(picture, 4))
    loss = F.l1_loss(out, picture) + 2 * detail + coarse + 0.01 * spread + MEANING * meaning
    return loss, F.mse_loss(out.detach(), picture)


def train(data: Path, work: Path, steps: int, batch: int, rate: float, seed: int) -> None:
    """Train up to `steps`, going on from the state in `work` if there is one."""
    torch.manual_seed(seed)
    run = Run(work, "vae", shapes.autoencoder(), rate, DECAY)
    rows = np.array([p.row for p in read_pairs(data) if p.split == "train"])
    looks, faces, began = [pictures(data, work, look) for look in LOOKS], face_views(work), begun_with(work)
    while run.step < steps:
        rng = np.random.default_rng((seed, run.step))
        torch.manual_seed(seed + run.step)
        with lean():
            loss, error = loss_of(run.model, random_crops(looks, rows, faces, batch, rng), began)
        run.descend(loss, warm_cosine(run.step, steps, warm=100, floor=0.02))
        if run.step % LOG_EVERY == 0:
            run.log(loss=loss.item(), psnr=-10 * math.log10(error.item()))
        run.keep(run.step == steps)


def main() -> None:
    """Command line entry."""
    train_as_asked(train, str(__doc__), steps=4000, batch=12, rate=1.5e-3, seed=1)


if __name__ == "__main__":
    main()
