"""Cache the latents of every view in both looks: `python -m training.draft.latents --data DATA --work WORK`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from training.draft import shapes
from training.draft.corpus import LOOKS, Look, pictures
from training.draft.hints import views_file
from training.draft.state import averaged
from training.draft.views import SIDE, VIEWS, View, read_views

CHUNK = 8


def latent_file(work: Path, look: Look) -> Path:
    """Where the latents of one look are kept: float16 [pairs, VIEWS, channels, 32, 32], scaled."""
    return work / f"latents-{look}.npy"


def frozen_autoencoder(work: Path) -> AutoencoderTiny:
    """The trained autoencoder, with the scaling factor that was measured when its latents were cached (else 1)."""
    model = averaged(work / "vae.pt", shapes.autoencoder())
    file = work / "scaling.json"
    model.register_to_config(scaling_factor=json.loads(file.read_text())["scaling_factor"] if file.exists() else 1.0)
    return model


@torch.no_grad()
def encode(vae: AutoencoderTiny, views: list[NDArray[np.uint8]]) -> torch.Tensor:
    """Unscaled latents float32 [n, channels, 32, 32] of uint8 pictures [256, 256, 3]."""
    batch = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return vae.encoder(batch.contiguous(memory_format=torch.channels_last)).float()


def measured_scale(vae: AutoencoderTiny, engine: NDArray[np.uint8], film: NDArray[np.uint8]) -> float:
    """The factor that gives latents of both looks unit deviation about zero, from 128 pairs spread over the set."""
    rows = np.linspace(0, len(engine) - 1, 128).astype(int)
    latents = torch.cat([encode(vae, [look[row] for row in rows]) for look in (engine, film)])
    return round(1 / latents.square().mean().sqrt().item(), 4)


def cache_look(vae: AutoencoderTiny, array: NDArray[np.uint8], views: list[list[View]], target: Path) -> None:
    """Encode every view of one look into `target`."""
    channels, scale = shapes.LATENT_CHANNELS, vae.config["scaling_factor"]
    part = target.with_suffix(".part.npy")
    out = np.lib.format.open_memmap(part, "w+", np.float16, (len(views), VIEWS, channels, SIDE // 8, SIDE // 8))
    for first in range(0, len(views), CHUNK):
        rows = range(first, min(first + CHUNK, len(views)))
        encoded = encode(vae, [view.of(array[row]) for row in rows for view in views[row]]) * scale
        out[first : rows.stop] = encoded.reshape(len(rows), VIEWS, *encoded.shape[1:]).half().numpy()
    out.flush()
    part.replace(target)


def cache(data: Path, work: Path) -> None:
    """Measure the scaling factor and write the latents of both looks."""
    arrays = {look: pictures(data, work, look) for look in LOOKS}
    (work / "scaling.json").unlink(missing_ok=True)
    scale = measured_scale(frozen_autoencoder(work), arrays["engine"], arrays["film"])
    (work / "scaling.json").write_text(json.dumps({"scaling_factor": scale}) + "\n")
    vae, views = frozen_autoencoder(work), read_views(views_file(work))
    for look in LOOKS:
        cache_look(vae, arrays[look], views, latent_file(work, look))


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("training/draft/work"))
    arguments = parser.parse_args()
    cache(arguments.data, arguments.work)


if __name__ == "__main__":
    main()
