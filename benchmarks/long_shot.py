"""Memory against the length of a shot: 10,000 small frames, from frame 100 to the last one.

    python benchmarks/long_shot.py [--frames 10000] [--what render|temporal] [--out FILE]

render: the draft preset from the clip to the delivered movies, with a stub in the model's place: faces, controls,
mattes, layers and all. temporal: one pass at denoising strength 0, so that no network is called, with all that warped
noise, a guided start and steadying do in a render. Prints the resident size of each stage at its 100th frame and at its
last one; growth of more than 32 MiB ends with exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from pipeline.progress import Progress

EARLY, ALLOWED_MIB = 100, 32
SIZE = (160, 90)
SMALL = ("working_size=96", "passes.face.size=96")
MODES = (
    "passes.face.enabled=false",
    "passes.body.controls=[]",
    "passes.body.denoising_strength=0.0",
    "passes.body.noise=warped",
    'passes.body.temporal={kind="guided_start", every=8}',
    "passes.body.steady={reach=4}",
    "batch_size=8",
)


def main() -> int:
    """Render a long shot, note the memory as it goes, print the growth of each stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--what", choices=("render", "temporal"), default="render")
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()

    from benchmarks.loops.facts import facts, tell
    from benchmarks.loops.resident import Resident, worst
    from pipeline.progress import Progress

    began, resident = time.perf_counter(), Resident()
    with tempfile.TemporaryDirectory(prefix="photoplay-long-") as name:
        work = whole_render if chosen.what == "render" else temporal_modes
        work(long_clip(Path(name), chosen.frames), Path(name), Progress(resident.listen))
    stages = resident.growth(EARLY)
    result: dict[str, Any] = facts() | {"what": chosen.what, "frames": chosen.frames, "allowed_mib": ALLOWED_MIB}
    tell(result | {"seconds": round(time.perf_counter() - began), "stages": stages}, chosen.out)
    return int(worst(stages) > ALLOWED_MIB)


def long_clip(folder: Path, frames: int) -> Shot:
    """The sample shot, small, over and over: so many frames."""
    from pipeline.clip.probe import probe
    from tests.footage import ffmpeg

    clip, sample = folder / "long.mp4", ROOT / "samples" / "interview" / "plate.mp4"
    scaled = ("-vf", f"scale={SIZE[0]}:{SIZE[1]}", "-frames:v", str(frames))
    ffmpeg("-stream_loop", "-1", "-i", str(sample), *scaled, "-crf", "18", "-an", str(clip))
    return probe(clip)


def whole_render(shot: Shot, folder: Path, progress: Progress) -> None:
    """Finish and deliver a shot with the stub."""
    from benchmarks.around import Stub
    from pipeline.deliver import deliver
    from pipeline.engine.engine import Engine, Priority
    from pipeline.plan import plan_render
    from pipeline.recipe.load import changed
    from pipeline.render import finish_passes
    from pipeline.version import OutFolder, version_of
    from pipeline.work import open_work
    from studio import Studio

    with Studio() as studio:
        plan = plan_render(shot, changed(studio.recipe("draft"), SMALL), studio.models, folder / "cache")
    out, stub = OutFolder(folder / "out"), cast(Engine, cast(Any, Stub()))
    with out.claimed(version_of(plan, shot.frames)), open_work(plan, stub, Priority.RENDER, progress) as work:
        finish_passes(work, shot.frames, progress)
        deliver(work, shot.frames, out, progress)


def temporal_modes(shot: Shot, folder: Path, progress: Progress) -> None:
    """Finish a pass of a shot with every temporal mode."""
    from pipeline.engine.engine import Engine, Priority
    from pipeline.models.store import ModelStore
    from pipeline.plan import plan_render
    from pipeline.render import finish_passes
    from pipeline.work import open_work
    from tests.render.conftest import tiny_recipe
    from tests.tiny import make_models

    make_models(folder / "models")
    plan = plan_render(shot, tiny_recipe(*MODES), ModelStore(folder / "models"), folder / "cache")
    with Engine("cpu") as engine, open_work(plan, engine, Priority.RENDER, progress) as work:
        finish_passes(work, shot.frames, progress)


if __name__ == "__main__":
    sys.exit(main())
