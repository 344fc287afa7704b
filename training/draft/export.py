"""Write the draft model as the product loads it: `python -m training.draft.export --work WORK [--out FOLDER]`.

One folder per part in the layout of diffusers and transformers, weights as safetensors: float16, and eight bits for the
ControlNets, of which there are up to five. Each folder is replaced in one go, so that a program loading it meanwhile
sees the old or the new part.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import ControlNetModel, ModelMixin
from safetensors.torch import save_file
from transformers import CLIPTextModel

from pipeline.keys import key_of_file
from pipeline.models.networks import WEIGHTS
from training.draft import shapes
from training.draft.asked import in_work
from training.draft.controls import trained
from training.draft.denoiser import Denoiser
from training.draft.latents import frozen_autoencoder
from training.draft.state import averaged

OUT = Path("pipeline/models/draft")
LIMIT = 40_000_000
EIGHT_BITS = torch.float8_e4m3fn
"""Three bits of mantissa: 3 % of a weight, and 3 to 4 % of what a ControlNet says (measured on the first weights); what
it says is added to the UNet, where weights of eight bits would cost 3 % of the picture itself."""


def controlnet_folder(kind: str) -> str:
    """Name of the folder of one ControlNet."""
    return f"controlnet-{kind}"


def save(model: ModelMixin | CLIPTextModel, folder: Path) -> None:
    """Write one model into a new `folder`; a plain from_pretrained gives it back in float32."""
    if isinstance(model, ControlNetModel):
        save_in_eight_bits(model, folder)
    else:
        model.half().save_pretrained(folder, safe_serialization=True)
        model.float()
    for file in folder.iterdir():
        file.chmod(0o644)
    if isinstance(model, CLIPTextModel):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "dtype": "float32"}, indent=2) + "\n")


def save_in_eight_bits(model: ControlNetModel, folder: Path) -> None:
    """Write a ControlNet into a new `folder`: its weights in eight bits, its biases and norms in float16."""
    model.save_config(folder)
    kept = {
        name: value.to(EIGHT_BITS if value.ndim > 1 else torch.float16).contiguous()
        for name, value in model.state_dict().items()
    }
    save_file(kept, folder / WEIGHTS, {"format": "pt"})


def replace(new: Path, folder: Path) -> None:
    """Put the folder `new` in the place of `folder`."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def export(
    vae: ModelMixin, denoiser: Denoiser, tokenizer: Path, out: Path, others: Mapping[str, ControlNetModel]
) -> int:
    """Write all parts below `out`. Returns their size in bytes; raises ValueError beyond the limit of 40 MB.

    others: ControlNets that were trained after the denoiser, by their kinds.
    """
    out.mkdir(parents=True, exist_ok=True)
    models: dict[str, ModelMixin | CLIPTextModel] = {
        "vae": vae,
        "unet": denoiser.unet,
        "text_encoder": denoiser.text_encoder,
    }
    controls = {kind: denoiser.controlnet(kind) for kind in shapes.CONTROLS} | dict(others)
    models |= {controlnet_folder(kind): control for kind, control in controls.items()}
    for name, model in models.items():
        part = out / f".{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        save(model, part)
        replace(part, out / name)
    part = out / ".tokenizer.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(tokenizer, part)
    replace(part, out / "tokenizer")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if size > LIMIT:
        raise ValueError(f"the draft model takes {size / 1e6:.1f} MB, {LIMIT / 1e6:.0f} MB is the most")
    return size


def main() -> None:
    """Command line entry."""
    parser = in_work(__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    denoiser = averaged(arguments.work / "denoiser.pt", Denoiser())
    vae, others = frozen_autoencoder(arguments.work).cpu(), trained(arguments.work)
    with torch.no_grad():
        size = export(vae, denoiser, arguments.work / "tokenizer", arguments.out, others)
    print(f"{arguments.out}: {size / 1e6:.1f} MB. For the catalogue:")
    for file in sorted(path for path in arguments.out.rglob("*") if path.is_file()):
        print(f'"{file.relative_to(arguments.out).as_posix()}" = "{key_of_file(file)}"')


if __name__ == "__main__":
    main()
