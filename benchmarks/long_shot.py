"""Memory of the temporal modes against the length of the shot: 10,000 frames without a model.

    python benchmarks/long_shot.py [--frames 10000]

The pass runs at denoising strength 0, so no network is called; warped noise, guided start and steadying do all they do
in a render. Prints the resident size at several frames and the growth from a tenth of the shot to its end; more than
32 MiB ends with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
ALLOWED_MIB = 32
MODES = (
    "passes.face.enabled=false",
    "passes.body.controls=[]",
    "passes.body.denoising_strength=0.0",
    "passes.body.noise=warped",
    'passes.body.temporal={kind="guided_start", every=8}',
    "passes.body.steady={reach=4}",
    "batch_size=8",
)


def resident_mib() -> float:
    """The resident memory of the process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    """Finish the pass of a long shot, note the memory as it goes, print the growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    frames = parser.parse_args().frames

    from pipeline.clip.probe import probe
    from pipeline.engine.engine import Engine, Priority
    from pipeline.frames import FrameRange
    from pipeline.models.store import ModelStore
    from pipeline.plan import plan_render
    from pipeline.progress import Progress, Step
    from pipeline.render import finish_passes
    from pipeline.work import open_work
    from tests import footage
    from tests.render.conftest import tiny_recipe
    from tests.tiny import make_models

    seen: dict[int, float] = {}

    def listen(step: Step) -> None:
        seen[step.done] = resident_mib()

    with tempfile.TemporaryDirectory() as folder, Engine("cpu") as engine:
        home = Path(folder)
        make_models(home / "models")
        stretch = footage.clip(home / "stretch.mp4", count=min(frames, 1000), width=96, height=64)
        long = home / "long.mp4"
        footage.ffmpeg("-stream_loop", str(-(-frames // 1000) - 1), "-i", str(stretch), "-c", "copy", str(long))
        plan = plan_render(probe(long), tiny_recipe(*MODES), ModelStore(home / "models"), home / "cache")
        with open_work(plan, engine, Priority.RENDER, Progress()) as work:
            finish_passes(work, FrameRange(0, frames - 1), Progress(listen))
    early = min(done for done in seen if done >= frames // 10)
    for done in sorted(seen)[:: max(len(seen) // 10, 1)]:
        print(f"frame {done:6}: {seen[done]:7.0f} MiB")
    growth = seen[max(seen)] - seen[early]
    print(f"growth from frame {early} to {max(seen)}: {growth:+.1f} MiB, allowed {ALLOWED_MIB} MiB")
    return int(growth > ALLOWED_MIB)


if __name__ == "__main__":
    sys.exit(main())
