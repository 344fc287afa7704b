"""Everything around the model: frames a second with a stub in the accelerator's place, and a profile of where they go.

    python benchmarks/around.py [--frames 32] [--out benchmarks/results/around.json]

The sample shot at 912x512 with the default controls, mattes, layers, the movie and the before/after movie; the model
gives its pictures back unchanged. Then twice as many frames: what a render costs must grow as the shot does. Processor
time counts the programs that it starts (ffmpeg) too; where the machine is not quiet, `cores` of them at work give the
bound that stands beside the frames a second on the clock. Measuring the result is another matter, and left out.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, cast

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from pipeline.engine.batch import Batch, Pictures
    from pipeline.engine.engine import Priority

SIZE = (912, 512)
SHOWN = 20
"""Functions of the profile that are written down."""


class Stub:
    """Takes the accelerator's place and gives back what it is given."""

    def img2img(self, batch: Batch, priority: Priority, stop: Event | None = None) -> Pictures:
        """The batch's own pictures."""
        return batch.pictures[batch.leading :].copy()


@dataclass(frozen=True)
class Took:
    """Seconds: on the clock, and of processor time with that of the programs that were started."""

    wall: float
    cpu: float


def main() -> int:
    """Measure once to warm up, then N frames and 2N frames, then the profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()

    from benchmarks.loops.facts import facts
    from pipeline.clip.probe import probe
    from tests import footage

    with tempfile.TemporaryDirectory(prefix="photoplay-around-") as folder:
        clip, sample = Path(folder) / "clip.mp4", ROOT / "samples" / "interview" / "plate.mp4"
        scaled = ("-vf", f"scale={SIZE[0]}:{SIZE[1]}", "-frames:v", str(2 * chosen.frames))
        footage.ffmpeg("-stream_loop", "-1", "-i", str(sample), *scaled, "-crf", "12", "-an", str(clip))
        shot = probe(clip)
        delivered(shot, 8, Path(folder) / "warm")
        once, twice = (delivered(shot, n, Path(folder) / f"{n}") for n in (chosen.frames, 2 * chosen.frames))
        profile = cProfile.Profile()
        profile.runcall(delivered, shot, chosen.frames, Path(folder) / "profile")
    cores = os.cpu_count() or 1
    result: dict[str, Any] = facts() | {
        "frames": chosen.frames,
        "frames_a_second": round(chosen.frames / once.wall, 2),
        "processor_seconds_a_frame": round(once.cpu / chosen.frames, 4),
        "bound_frames_a_second": round(cores * chosen.frames / once.cpu, 2),
        "wall_2n_over_n": round(twice.wall / once.wall, 3),
        "processor_2n_over_n": round(twice.cpu / once.cpu, 3),
        "profile": slowest(profile),
    }
    text = json.dumps(result, indent=1)
    print(text)
    if chosen.out is not None:
        chosen.out.write_text(text + "\n")
    return 0


def delivered(shot: Shot, count: int, folder: Path) -> Took:
    """Finish and deliver the first frames of a shot with the stub."""
    from pipeline.deliver import deliver
    from pipeline.engine.engine import Engine, Priority
    from pipeline.frames import FrameRange
    from pipeline.plan import plan_render
    from pipeline.progress import Progress
    from pipeline.recipe.load import changed
    from pipeline.render import finish_passes
    from pipeline.version import OutFolder, version_of
    from pipeline.work import open_work
    from studio import Studio

    with Studio() as studio:
        recipe = changed(studio.recipe("draft"), (f"working_size={SIZE[1]}",))
        plan = plan_render(shot, recipe, studio.models, folder / "cache")
    frames, out, stub = FrameRange(0, count - 1), OutFolder(folder / "out"), cast(Engine, cast(Any, Stub()))
    began, used = time.perf_counter(), processor_seconds()
    with out.claimed(version_of(plan, frames)), open_work(plan, stub, Priority.RENDER, Progress()) as work:
        finish_passes(work, frames, Progress())
        deliver(work, frames, out, Progress())
    return Took(time.perf_counter() - began, processor_seconds() - used)


def processor_seconds() -> float:
    """Of this process and of those that it has started and waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def slowest(profile: cProfile.Profile) -> list[dict[str, Any]]:
    """The functions that most time went into, their own alone; of the render's thread."""
    rows: Any = pstats.Stats(profile).stats  # pyright: ignore[reportAttributeAccessIssue]
    in_order = sorted(rows.items(), key=lambda row: -row[1][2])[:SHOWN]
    return [
        {"function": f"{Path(file).name}:{name}", "calls": calls, "seconds": round(own, 3)}
        for (file, _, name), (_, calls, own, _, _) in in_order
    ]


if __name__ == "__main__":
    sys.exit(main())
