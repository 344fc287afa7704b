"""Take the training up again from exported weights: `python -m training.draft.warm --work WORK [--model FOLDER]`.

Writes the states that the other commands go on from, at step 0: the averaged weights are kept, the optimiser's memory
is not, which the first steps' low learning rate makes good. A model with fewer latent channels grows: it says and hears
on the channels it has what it said and heard before.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from transformers import CLIPTextModel

from training.draft import denoiser, shapes, vae
from training.draft.asked import in_work
from training.draft.denoiser import Denoiser
from training.draft.export import OUT, controlnet_folder
from training.draft.state import Run


def exported_denoiser(model: Path) -> Denoiser:
    """Text encoder, UNet and ControlNets of an exported model; a control it does not have begins as the UNet's encoder.

    Raises OSError when a part is not there, RuntimeError when it has another shape.
    """
    made = Denoiser()
    made.text_encoder.load_state_dict(CLIPTextModel.from_pretrained(model / "text_encoder").state_dict())
    grow(made.unet, UNet2DConditionModel.from_pretrained(model / "unet"))
    for kind in shapes.CONTROLS:
        folder = model / controlnet_folder(kind)
        begun = ControlNetModel.from_pretrained(folder) if folder.exists() else shapes.controlnet(made.unet)
        grow(made.controlnet(kind), begun)
    return made


@torch.no_grad()
def grow(model: torch.nn.Module, from_model: torch.nn.Module) -> None:
    """Fill `model` (in place) with the weights of one that may have fewer channels.

    What goes in on a channel it does not have counts nothing at first, what comes out there is what `model` had.
    Raises RuntimeError when the two differ in more than channels.
    """
    state = model.state_dict()
    for name, known in from_model.state_dict().items():
        own = state[name]
        if own.ndim != known.ndim or any(a < b for a, b in zip(own.shape, known.shape, strict=True)):
            raise RuntimeError(f"{name} is {tuple(known.shape)} and cannot grow to {tuple(own.shape)}")
        if own.ndim > 1:
            own[:, known.shape[1] :] = 0
        own[tuple(slice(size) for size in known.shape)] = known
    model.load_state_dict(state)


def warm(model: Path, work: Path) -> None:
    """Begin `work` with the model in the folder `model`. Raises FileExistsError when `work` holds a training."""
    if any((work / f"{name}.pt").exists() for name in ("vae", "denoiser")):
        raise FileExistsError(f"{work} holds a training already; choose another folder.")
    autoencoder = shapes.autoencoder()
    loaded = AutoencoderTiny.from_pretrained(model / "vae")
    grow(autoencoder, loaded)
    shutil.copytree(model / "vae", vae.began_folder(work))
    Run(work, "vae", autoencoder, 0.0, vae.DECAY).save()
    Run(work, "denoiser", exported_denoiser(model), 0.0, denoiser.DECAY).save()
    if loaded.config["latent_channels"] == shapes.LATENT_CHANNELS:
        scale = {"scaling_factor": loaded.config["scaling_factor"]}
        (work / "scaling.json").write_text(json.dumps(scale) + "\n")
    shutil.copytree(model / "tokenizer", work / "tokenizer", dirs_exist_ok=True)


def main() -> None:
    """Command line entry."""
    parser = in_work(__doc__)
    parser.add_argument("--model", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    warm(arguments.model, arguments.work)
    print(f"{arguments.work} goes on from {arguments.model}")


if __name__ == "__main__":
    main()
