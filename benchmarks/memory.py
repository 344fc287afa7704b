"""Memory against the length of the shot: resident size at frame 50 and at frame 500 of a render with tiny models.

    python benchmarks/memory.py [--frames 500]

The models are of true architecture and tiny size, so what grows would be the program's own doing: frames kept, handles
leaked. Prints one row a stage, and the growth; more than 64 MiB in any stage ends with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
EARLY = 50
ALLOWED_MIB = 64


def resident_mib() -> float:
    """The resident memory of the process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    """Render once, note the memory as it goes, print the growth of each stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=500)
    frames = parser.parse_args().frames

    from pipeline.frames import FrameRange
    from pipeline.progress import Progress, Step
    from pipeline.render import Order
    from studio import Studio
    from tests import footage
    from tests.render.conftest import tiny_recipe
    from tests.tiny import make_models

    seen: dict[str, dict[int, float]] = {}

    def listen(step: Step) -> None:
        seen.setdefault(step.stage, {})[step.done] = resident_mib()

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_models(home / "models")
        clip = footage.clip(home / "long.mp4", count=frames, width=640, height=360)
        with Studio(home, "cpu") as studio:
            recipe = tiny_recipe("passes.body.steps=1", "batch_size=8")
            studio.render(Order(studio.shot(clip), recipe, FrameRange(0, frames - 1), home / "out"), Progress(listen))
    worst = 0.0
    for stage, memory in seen.items():
        early = min(done for done in memory if done >= EARLY)
        growth = memory[max(memory)] - memory[early]
        worst = max(worst, growth)
        ends = f"frame {early}: {memory[early]:7.0f} MiB   frame {max(memory)}: {memory[max(memory)]:7.0f} MiB"
        print(f"{stage:10} {ends}   growth {growth:+6.1f} MiB")
    print(f"largest growth {worst:.1f} MiB, allowed {ALLOWED_MIB} MiB")
    return int(worst > ALLOWED_MIB)


if __name__ == "__main__":
    sys.exit(main())
