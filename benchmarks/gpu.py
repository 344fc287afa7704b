"""Stable Diffusion 1.5's true sizes with random weights on any CUDA machine: how long a frame takes, and why.

    python benchmarks/gpu.py [--out FILE.json] [--folder DIR] [--parts body,face,...] [--tiny]

Needs torch, diffusers, transformers, peft, numpy and pydantic, and none of the libraries that read films or faces. Each
part is written to the file when it is done, so a run that was cut off goes on where it was. What a part means:

- load: seconds until the checkpoint and three ControlNets are there
- floor: operations of a frame, counted; operations a second of a large product of matrices, measured; seconds at least
- body: 912x512, three ControlNets, 25 steps at strength 0.65, CFG; at 1 to 16 frames at once, in turn with the stock
  diffusers pipeline frame by frame in the same process on the same weights
- face: 512x512, masked, one ControlNet, 30 steps at 0.5; likewise
- inversion: 25 steps without ControlNets at guidance scale 1
- vae: encode and decode alone
- lora: 1,500 image-steps of rank 16 at 512 px
- profile: operators of a body pass by their own time, and how long the device was busy

`--tiny` runs everything in seconds at tiny size, on a CPU too: figures mean nothing then, but every part has run.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from benchmarks.gpu_parts.timings import Bench

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
PARTS = ("load", "floor", "body", "face", "inversion", "vae", "lora", "profile")
LIBRARIES = ("torch", "diffusers", "transformers", "peft", "numpy", "pydantic", "safetensors")
ROUNDS = 3
PROFILED = 8


def main() -> int:
    """Run what is not in the file yet. Returns 1 when a part failed; its sentence is in the file then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    parser.add_argument("--folder", type=Path, help="where the models are written, 4.5 GB; a temporary folder if unset")
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts, with commas between")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--tiny", action="store_true", help="tiny networks, to see that everything runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return run(options, options.folder or Path(temporary))


def run(options: argparse.Namespace, folder: Path) -> int:
    """Every part that is asked for and not done, in order."""
    import torch

    from benchmarks.gpu_parts.models import SIZES, written
    from benchmarks.gpu_parts.timings import Bench
    from pipeline.engine.engine import Engine
    from pipeline.errors import PhotoplayError

    size = SIZES["tiny" if options.tiny else "sd15"]
    with Engine() as engine, tempfile.TemporaryDirectory() as scratch:
        device = torch.device(engine.device)
        found = begun(options.out, head(size.name, device))
        bench = Bench(size, written(folder, size, device), engine, options.rounds)
        works = parts(bench, found["parts"], Path(scratch))
        for name in [name for name in PARTS if name in options.parts.split(",")]:
            if "error" not in found["parts"].get(name, {"error": "not done"}):
                continue
            try:
                found["parts"][name] = works[name]()
            except (RuntimeError, ImportError, PhotoplayError) as error:
                found["parts"][name] = {"error": f"{type(error).__name__}: {error}"}
            print(name, json.dumps(found["parts"][name])[:300], flush=True)
            write(options.out, found)
    return 1 if any("error" in part for part in found["parts"].values()) else 0


def parts(bench: Bench, done: dict[str, Any], scratch: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """Name -> what it does. done: the parts before, which some look at."""
    from benchmarks.gpu_parts import scenes, timings
    from benchmarks.gpu_parts.operators import profiled

    def with_share(name: str, part: dict[str, Any]) -> dict[str, Any]:
        least = done.get("floor", {}).get("seconds", {}).get(name)
        return part if least is None else part | {"floor_seconds": least, "share_of_floor": least / seconds_of(part)}

    most = max(count for count in bench.size.batches if count <= PROFILED)
    return {
        "load": lambda: timings.loading(bench),
        "floor": lambda: floor_of(bench),
        "body": lambda: with_share("body", timings.rendered(bench, scenes.body)),
        "face": lambda: with_share("face", timings.rendered(bench, scenes.face)),
        "inversion": lambda: with_share("inversion", timings.inverted(bench)),
        "vae": lambda: with_share("vae", timings.coded(bench)),
        "lora": lambda: with_share("lora", timings.trained(bench, scratch)),
        "profile": lambda: profiled(bench, most),
    }


def seconds_of(part: dict[str, Any]) -> float:
    """Seconds of the unit that a part counts in: a frame, or one picture of a training step."""
    return part["seconds_a_frame"] if "seconds_a_frame" in part else part["seconds_an_image_step"]


def floor_of(bench: Bench) -> dict[str, Any]:
    """The counted operations of each part, what the device does a second, and the seconds that follow."""
    from benchmarks.gpu_parts.floor import counted, peak, per_frame
    from pipeline.models.load import dtype_on

    gflop = counted(bench.size)
    wanted = per_frame(bench.size, gflop)
    speed = peak(bench.device, dtype_on(bench.device))
    seconds = {name: amount / 1000 / speed for name, amount in wanted.items()}
    return {"networks_gflop": gflop, "gflop": wanted, "peak_tflops": speed, "seconds": seconds}


def head(size: str, device: torch.device) -> dict[str, Any]:
    """What the figures are of: the machine, the versions and the commit. No date and no path."""
    import torch

    card = torch.cuda.get_device_properties(device) if device.type == "cuda" else None
    return {
        "size": size,
        "machine": {
            "device": device.type,
            "name": platform.processor() or platform.machine() if card is None else card.name,
            "memory_mb": None if card is None else card.total_memory / 1_000_000,
            "threads": torch.get_num_threads(),
            "system": platform.system(),
            "cuda": torch.version.cuda,
        },
        "versions": {"python": platform.python_version()} | {name: version_of(name) for name in LIBRARIES},
        "commit": commit(),
    }


def version_of(name: str) -> str | None:
    """The version of a library; None where it is not installed as a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit() -> str | None:
    """The commit of this checkout; None where it is none."""
    command = ["git", "-c", f"safe.directory={ROOT}", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def begun(path: Path, head: dict[str, Any]) -> dict[str, Any]:
    """What the file holds already, where it is of the same machine, versions, commit and size; else a new beginning."""
    if path.is_file():
        there = json.loads(path.read_text(encoding="utf-8"))
        if {name: there.get(name) for name in head} == head:
            return there
    return head | {"parts": {}}


def write(path: Path, found: dict[str, Any]) -> None:
    """Write the file in full or not at all."""
    from pipeline.files import atomic

    with atomic(path) as part:
        part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
