"""Cache the latents of every view in both looks: `python -m training.draft.latents --data DATA --work WORK`.

The command can be stopped and goes on at the pair where it was.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from training.draft import shapes
from training.draft.asked import of_pairs
from training.draft.corpus import LOOKS, Look, pictures
from training.draft.decoder import Decoder
from training.draft.device import device, lean, move
from training.draft.hints import views_file
from training.draft.state import averaged
from training.draft.views import SIDE, VIEWS, read_views

SIGNAL = 2.0
"""Deviation of the scaled latents. Stable Diffusion works at 64x64 latents, we at 32x32: the same noise destroys twice
as much of a picture with a quarter of the places (Hoogeboom et al. 2023, "simple diffusion"), so the signal is twice as
strong, and a denoising strength means what artists expect of it."""


def frozen_autoencoder(work: Path) -> AutoencoderTiny:
    """The trained autoencoder, with the later decoder if there is one, and the measured scaling factor (else 1)."""
    model = averaged(work / "vae.pt", shapes.autoencoder())
    if (work / "decoder.pt").exists():
        averaged(work / "decoder.pt", Decoder(model))
    file = work / "scaling.json"
    model.register_to_config(scaling_factor=json.loads(file.read_text())["scaling_factor"] if file.exists() else 1.0)
    move(model)
    return model


@torch.no_grad()
def encode(vae: AutoencoderTiny, views: list[NDArray[np.uint8]]) -> torch.Tensor:
    """Unscaled latents float32 [n, channels, 32, 32] of uint8 pictures [256, 256, 3]."""
    batch = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    with lean():
        return vae.encoder(batch.to(device()).contiguous(memory_format=torch.channels_last)).float().cpu()


def measured_scale(vae: AutoencoderTiny, engine: NDArray[np.uint8], film: NDArray[np.uint8]) -> float:
    """The factor that gives latents of both looks deviation `SIGNAL` about zero, from 128 pairs spread over the set."""
    rows = np.unique(np.linspace(0, len(engine) - 1, 128).astype(int))
    latents = torch.cat([encode(vae, [look[row] for row in rows]) for look in (engine, film)])
    return round(SIGNAL / latents.square().mean().sqrt().item(), 4)


def latent_array(work: Path, look: Look, pairs: int) -> NDArray[np.float16]:
    """The scaled latents of one look, float16 [pairs, VIEWS, channels, 32, 32], on disk; nan where none are yet."""
    file = work / f"latents-{look}.npy"
    if file.exists():
        return np.load(file, mmap_mode="r+")
    shape = (pairs, VIEWS, shapes.LATENT_CHANNELS, SIDE // 8, SIDE // 8)
    array = np.lib.format.open_memmap(file, "w+", np.float16, shape)
    array[:] = np.nan
    return array


def pairs_done(array: NDArray[np.float16]) -> int:
    """How many pairs, from the first on, have all their latents."""
    waiting = np.isnan(array[:, -1, 0, 0, 0])
    return int(waiting.argmax()) if waiting.any() else len(array)


def scaled_autoencoder(work: Path, pictures_of: dict[Look, NDArray[np.uint8]]) -> AutoencoderTiny:
    """The frozen autoencoder; its scaling factor is measured the first time."""
    file = work / "scaling.json"
    if not file.exists():
        scale = measured_scale(frozen_autoencoder(work), pictures_of["engine"], pictures_of["film"])
        file.write_text(json.dumps({"scaling_factor": scale}) + "\n")
    return frozen_autoencoder(work)


def cache(data: Path, work: Path) -> None:
    """Write the latents of all pairs that have views and no latents yet, in both looks."""
    pictures_of: dict[Look, NDArray[np.uint8]] = {look: pictures(data, work, look) for look in LOOKS}
    vae, views = scaled_autoencoder(work, pictures_of), read_views(views_file(work))
    arrays: dict[Look, NDArray[np.float16]] = {look: latent_array(work, look, len(pictures_of[look])) for look in LOOKS}
    for row in range(min(pairs_done(array) for array in arrays.values()), len(views)):
        for look, array in arrays.items():
            seen = [view.of(pictures_of[look][row]) for view in views[row]]
            array[row] = (encode(vae, seen) * vae.config["scaling_factor"]).half().numpy()


def main() -> None:
    """Command line entry."""
    cache(**vars(of_pairs(__doc__).parse_args()))


if __name__ == "__main__":
    main()
