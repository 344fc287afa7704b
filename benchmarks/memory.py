"""Memory against the length of the shot: resident size early in a render and at its end, with models that cost nothing.

    python benchmarks/memory.py [--frames 500] [--out FILE]
    python benchmarks/memory.py --stub [--frames 10000] [--out FILE]

The models are of true architecture and tiny size, so what grows would be the program's own doing: frames kept, handles
leaked. With --stub no network runs at all and frames are small, so that a shot can be long: the accelerator gives back
the pictures that it is given, every filter is switched on, before the passes and after them, and the movie goes out at
30 frames a second as well; measuring is left out. Prints the resident size of each stage at its 50th frame, or with the
stub at its 100th, and at its last one; more growth than is allowed in any stage ends with exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, cast

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from pipeline.engine.batch import Batch, Pictures
    from pipeline.engine.engine import Engine, Priority
    from pipeline.progress import Progress

EARLY, EARLY_STUB = 50, 100
ALLOWED_MIB, ALLOWED_STUB_MIB = 64, 32
STRETCH = 500
"""Frames of the clip that a long one repeats."""
SIZE = (96, 64)
"""Width and height of the long clip."""
EVERYTHING = (
    'prepare=[{kind="deflicker"}, {kind="local_deflicker", reach=2}, {kind="deband"}, {kind="clarity"}, '
    '{kind="sharpen"}]',
    'finish=[{kind="local_deflicker", reach=2}, {kind="round_trip", guard=1.0}, {kind="dejitter"}, '
    '{kind="stabilise", reach=4}, {kind="grade_match"}, {kind="halation"}, {kind="vignette"}, {kind="sharpen"}, '
    '{kind="grain"}]',
    "passes.body.controls=[]",
    "passes.face.enabled=false",
    'final.rate="30"',
    "final.guard=1.0",
    "batch_size=16",
)


class Stub:
    """Takes the accelerator's place and gives back what it is given."""

    def img2img(self, batch: Batch, priority: Priority, stop: Event | None = None) -> Pictures:
        """The batch's own pictures."""
        return batch.pictures[batch.leading :].copy()


def main() -> int:
    """Render once, note the memory as it goes, print the growth of each stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=None)
    parser.add_argument("--stub", action="store_true", help="no network, small frames, every filter")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    frames = options.frames or (10_000 if options.stub else 500)
    early, allowed = (EARLY_STUB, ALLOWED_STUB_MIB) if options.stub else (EARLY, ALLOWED_MIB)

    from benchmarks.loops.facts import facts, tell
    from benchmarks.loops.resident import Resident, worst
    from pipeline.progress import Progress

    began, resident = time.perf_counter(), Resident()
    with tempfile.TemporaryDirectory(prefix="photoplay-memory-") as folder:
        (stubbed if options.stub else rendered)(Path(folder), frames, Progress(resident.listen))
    stages = resident.growth(early)
    result: dict[str, Any] = facts() | {"stub": options.stub, "frames": frames, "allowed_mib": allowed}
    tell(result | {"seconds": round(time.perf_counter() - began), "stages": stages}, options.out)
    return int(worst(stages) > allowed)


def rendered(home: Path, frames: int, progress: Progress) -> None:
    """A whole render with tiny models."""
    from pipeline.frames import FrameRange
    from pipeline.render import Order
    from studio import Studio
    from tests import footage
    from tests.render.conftest import tiny_recipe
    from tests.tiny import make_models

    make_models(home / "models")
    clip = footage.clip(home / "long.mp4", count=frames, width=640, height=360)
    with Studio(home, "cpu") as studio:
        recipe = tiny_recipe("passes.body.steps=1", "batch_size=8")
        studio.render(Order(studio.shot(clip), recipe, FrameRange(0, frames - 1), home / "out"), progress)


def stubbed(home: Path, frames: int, progress: Progress) -> None:
    """The same flow over a long clip of small frames, with the stub and every filter, up to the delivery."""
    from pipeline.deliver import deliver
    from pipeline.engine.engine import Priority
    from pipeline.models.store import ModelStore
    from pipeline.plan import plan_render
    from pipeline.render import finish_passes
    from pipeline.version import OutFolder, version_of
    from pipeline.work import open_work
    from tests.render.conftest import tiny_recipe
    from tests.tiny import make_models

    make_models(home / "models")
    shot, out, engine = long_shot(home, frames), OutFolder(home / "out"), cast("Engine", cast(Any, Stub()))
    plan = plan_render(shot, tiny_recipe(*EVERYTHING), ModelStore(home / "models"), home / "cache")
    made = version_of(plan, shot.frames)
    with out.claimed(made), open_work(plan, engine, Priority.RENDER, progress) as work:
        finish_passes(work, shot.frames, progress)
        deliver(work, shot.frames, out, progress)


def long_shot(home: Path, frames: int) -> Shot:
    """A clip of so many small frames."""
    from pipeline.clip.probe import probe
    from tests import footage

    stretch = footage.clip(home / "stretch.mp4", min(frames, STRETCH), *SIZE)
    repeated = ("-stream_loop", str(-(-frames // STRETCH) - 1), "-i", str(stretch), "-frames:v", str(frames))
    footage.ffmpeg(*repeated, "-c", "copy", str(home / "long.mp4"))
    return probe(home / "long.mp4")


if __name__ == "__main__":
    sys.exit(main())
