"""A checkpoint of the true size: 2.1 GB of random half-precision weights under the original names, imported and loaded.

    python benchmarks/full_size.py [--folder DIR]

Writes the file tensor by tensor, imports it and loads it as a render on the CPU does, each in a process of its own, and
compares every weight with the file, bit by bit. Prints seconds and the most memory each step took; more than 12 GiB, or
one weight that differs, ends with exit code 1. Takes 6 GB of disk for the time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
ALLOWED_GIB = 12
NAME = "full-size"


def shapes() -> dict[str, tuple[int, ...]]:
    """Original name -> shape of every weight of Stable Diffusion 1.5."""
    import torch

    from pipeline import torchvision_ops
    from pipeline.models import ldm

    torchvision_ops.declare()
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768)
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),  # pyright: ignore[reportArgumentType]
            down_block_types=("DownEncoderBlock2D",) * 4,  # pyright: ignore[reportArgumentType]
            up_block_types=("UpDecoderBlock2D",) * 4,  # pyright: ignore[reportArgumentType]
            layers_per_block=2,
        )
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12))
    found = {ldm.UNET + ldm.unet_name(name): tuple(t.shape) for name, t in unet.state_dict().items()}
    found |= {ldm.VAE + ldm.vae_name(name): tuple(t.shape) for name, t in vae.state_dict().items()}
    return found | {f"{ldm.TEXT}text_model.{name}": tuple(t.shape) for name, t in text.state_dict().items()}


def write(path: Path) -> None:
    """Write the file, one tensor in memory at a time."""
    import math

    import torch

    header, end = {}, 0
    for name, shape in shapes().items():
        begin, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    generator = torch.Generator().manual_seed(1)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for entry in header.values():
            values = torch.randn(entry["shape"], generator=generator).mul_(0.02).half()
            file.write(values.numpy().tobytes())


def bring_in(path: Path) -> None:
    """Import it."""
    from pipeline.models.importing import Wish, import_model
    from pipeline.models.store import ModelStore

    import_model(path, ModelStore(path.parent / "models"), Wish(NAME))


def load_and_compare(path: Path) -> None:
    """Load it and compare every weight with the file. Raises SystemExit when one differs."""
    import torch
    from safetensors import safe_open

    from pipeline.models import ldm
    from pipeline.models.load import load_checkpoint
    from pipeline.models.store import ModelStore

    loaded = load_checkpoint(ModelStore(path.parent / "models").checkpoint(NAME), torch.device("cpu"))
    names: list[tuple[torch.nn.Module, Callable[[str], str]]] = [
        (loaded.unet, lambda name: ldm.UNET + ldm.unet_name(name)),
        (loaded.vae, lambda name: ldm.VAE + ldm.vae_name(name)),
        (loaded.text_encoder, lambda name: f"{ldm.TEXT}text_model.{name}"),
    ]
    different = []
    with safe_open(path, framework="pt") as file:
        for network, original in names:
            for name, weight in network.state_dict().items():
                there = file.get_tensor(original(name)).to(weight.dtype).reshape(weight.shape)
                different += [] if torch.equal(weight, there) else [name]
    if different:
        raise SystemExit(f"{len(different)} weights differ, for instance {different[0]}")


def in_a_process(step: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Seconds and the most memory in GiB that a step took in a process of its own. Raises SystemExit when it failed."""
    queue: multiprocessing.Queue[tuple[float, float]] = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(target=measured, args=(step, path, queue))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(1)
    return queue.get()


def measured(step: Callable[[Path], None], path: Path, queue: multiprocessing.Queue[tuple[float, float]]) -> None:
    """Carry out a step and report on it."""
    begin = time.monotonic()
    step(path)
    queue.put((time.monotonic() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def main() -> int:
    """All steps; one row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the file is made; a temporary folder unless given")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        path = Path(folder) / "random.safetensors"
        worst = 0.0
        for name, step in (("write", write), ("import", bring_in), ("load and compare", load_and_compare)):
            seconds, memory = in_a_process(step, path)
            worst = max(worst, memory)
            print(f"{name:18}{seconds:7.1f} s{memory:8.2f} GiB")
        print(f"file: {path.stat().st_size / 1e9:.2f} GB; every weight equal, bit by bit")
    return 0 if worst <= ALLOWED_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
