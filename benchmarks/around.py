"""Everything around the model: frames a second with a stub in the accelerator's place, and where they go.

    python benchmarks/around.py [--frames 32] [--repeat 3] [--out benchmarks/results/around.json]

The sample shot at 912x512 with the default controls, mattes, layers, the movie and the before/after movie; the model
gives its pictures back unchanged. N frames and 2N frames, each a clip of its own, in turn, the median of some: what a
render costs must grow as the shot does. Processor time counts the programs that it starts (ffmpeg) too; where the
machine is not quiet, `cores` of them at work give the bound that stands beside the frames a second on the clock.
Measuring the result is another matter, and left out. `parts` says where the processor time goes: one more render on one
thread, nothing ahead, each part with what its own threads do; the rest is in nobody's list.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
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
PARTS = {
    "reading": ("read.py", "_streamed"),
    "finding faces": ("finder.py", "find"),
    "finding bodies": ("controls.py", "_bodies"),
    "canny": ("controls.py", "edges"),
    "drawing faces": ("drawing.py", "draw_faces"),
    "drawing bodies": ("skeleton.py", "draw_bodies"),
    "growing mattes": ("mattes.py", "face_matte"),
    "packing mattes": ("matte_stage.py", "_packed"),
    "packing faces": ("seen.py", "_packed"),
    "placing": ("placement.py", "only_masked"),
    "cutting and masks": ("request.py", "request"),
    "looking for faults": ("suspect.py", "marks"),
    "packing and writing PNG": ("files.py", "at_once"),
    "reading PNG": ("still.py", "decode_png"),
    "laying back": ("placement.py", "lay_back"),
    "making layers": ("layer.py", "make_layer"),
    "edges of mattes": ("layer.py", "edge"),
    "over": ("over.py", "over"),
    "side by side": ("compare.py", "_joined"),
    "handing to ffmpeg": ("encoder.py", "take"),
}
"""What a part is called -> the function it is, none of which calls another: its file and its name."""


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
    """Measure once to warm up, then N and 2N frames in turn, then the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()

    from benchmarks.loops.facts import facts, tell

    count, rows = chosen.frames, list[tuple[Took, Took]]()
    with tempfile.TemporaryDirectory(prefix="photoplay-around-") as name:
        folder = Path(name)
        short, long = (footage(folder / f"{n}.mp4", n) for n in (count, 2 * count))
        delivered(footage(folder / "8.mp4", 8), folder / "warm")
        for turn in range(chosen.repeat):
            rows.append((delivered(short, folder / f"short-{turn}"), delivered(long, folder / f"long-{turn}")))
            print(f"{count} frames: {rows[-1][0]}, {2 * count}: {rows[-1][1]}", flush=True)
        where = parts(short, folder / "parts")
    tell(facts() | {"frames": count} | figures(rows, count) | {"parts": where}, chosen.out)
    return 0


def footage(clip: Path, count: int) -> Shot:
    """So many frames of the sample shot, over and over, at 912x512."""
    from pipeline.clip.probe import probe
    from tests.footage import ffmpeg

    sample = ROOT / "samples" / "interview" / "plate.mp4"
    scaled = ("-vf", f"scale={SIZE[0]}:{SIZE[1]}", "-frames:v", str(count))
    ffmpeg("-stream_loop", "-1", "-i", str(sample), *scaled, "-crf", "12", "-an", str(clip))
    return probe(clip)


def delivered(shot: Shot, folder: Path) -> Took:
    """Finish and deliver a shot with the stub."""
    return rendered(shot, folder, lambda finish: finish())


def rendered(shot: Shot, folder: Path, run: Callable[[Callable[[], None]], object], ahead: bool = True) -> Took:
    """Set up a render with the stub, and have it run. ahead: on as many threads as a render has; else on one."""
    from pipeline.deliver import deliver
    from pipeline.engine.engine import Engine, Priority
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
    out, stub = OutFolder(folder / "out"), cast(Engine, cast(Any, Stub()))
    began, used = time.perf_counter(), processor_seconds()
    with ExitStack() as stack:
        stack.enter_context(out.claimed(version_of(plan, shot.frames)))
        work = stack.enter_context(open_work(plan, stub, Priority.RENDER, Progress()))

        def finish() -> None:
            if ahead:
                finish_passes(work, shot.frames, Progress())
            else:
                work.runner = replace(work.runner, hint=work.crew.hint)
                plate = work.crew.ahead(work.plate.frames(shot.frames))
                for numbers in shot.frames.batches(recipe.batch_size):
                    work.finish(list(islice(plate, len(numbers))))
            deliver(work, shot.frames, out, Progress())

        run(finish)
    return Took(time.perf_counter() - began, processor_seconds() - used)


def figures(rows: list[tuple[Took, Took]], count: int) -> dict[str, float]:
    """What N frames took, and 2N of them against these: medians. What a render begins with is in both."""
    wall, cpu = (statistics.median(getattr(once, name) for once, _ in rows) for name in ("wall", "cpu"))
    return {
        "frames_a_second": round(count / wall, 2),
        "frames_a_second_2n": round(2 * count / statistics.median(twice.wall for _, twice in rows), 2),
        "processor_seconds_a_frame": round(cpu / count, 4),
        "bound_frames_a_second": round((os.cpu_count() or 1) * count / cpu, 2),
        "wall_2n_over_n": round(statistics.median(twice.wall / once.wall for once, twice in rows), 3),
        "processor_2n_over_n": round(statistics.median(twice.cpu / once.cpu for once, twice in rows), 3),
    }


def parts(shot: Shot, folder: Path) -> dict[str, float]:
    """Milliseconds of processor time a frame in each part, the largest first; and in ffmpeg, and in all the rest."""
    profile = cProfile.Profile(time.process_time)
    children = os.times()
    took = rendered(shot, folder, profile.runcall, ahead=False)
    ended = os.times()
    rows: Any = pstats.Stats(profile).stats  # pyright: ignore[reportAttributeAccessIssue]
    named = {(Path(file).name, name): whole for (file, _, name), (_, _, _, whole, _) in rows.items()}
    spent = {part: named.get(place, 0.0) for part, place in PARTS.items()}
    spent["ffmpeg"] = ended.children_user + ended.children_system - children.children_user - children.children_system
    spent["the rest"] = took.cpu - sum(spent.values())
    in_order = sorted(spent.items(), key=lambda part: -part[1])
    return {part: round(1000 * seconds / len(shot.frames), 2) for part, seconds in in_order}


def processor_seconds() -> float:
    """Of this process and of those that it has started and waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
