"""100,000 finished frames: how long a render that is taken up again looks for what is left to do.

    python benchmarks/reliability/resume.py [--frames 100000] [--report FILE]

The cache holds every frame but the last of both passes of a long shot, and the result's folder their layers. Measured
are the forecast of the room that is still needed, which looks at every frame of every output, the search for the first
frame that is not finished, and the count of the jobs of a long list.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from outcome import Figure, Outcome, run
from rig import RECIPE, make_kit

from jobs.job import Job
from jobs.store import Store
from pipeline.clip.probe import probe
from pipeline.forecast import check_room
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.plan import RenderPlan, plan_render
from pipeline.recipe.load import parse_recipe
from pipeline.version import OutFolder

LONGEST = 2.0
"""Seconds that the whole scan may take."""
JOBS = 1000


def filled(folder: Path, frames: FrameRange) -> tuple[RenderPlan, OutFolder]:
    """A plan of a long shot whose frames are finished but for the last one."""
    kit = make_kit(folder / "kit")
    short = probe(kit / "plate.mp4")
    shot = replace(short, frames=frames)
    plan = plan_render(shot, parse_recipe(RECIPE, "tiny"), ModelStore(kit / "models"), folder / "cache")
    out = OutFolder(folder / "out")
    for planned in plan.passes:
        for place in (store.path for store in planned.stores):
            _touch(place, frames)
        _touch(partial(out.layer, planned.name), frames)
    return plan, out


def _touch(place: Callable[[int], Path], frames: FrameRange) -> None:
    """Empty files for all frames but the last."""
    folder, suffix = place(frames.first).parent, place(frames.first).suffix
    folder.mkdir(parents=True, exist_ok=True)
    for frame in range(frames.first, frames.last):
        os.close(os.open(f"{folder}/{frame:06d}{suffix}", os.O_CREAT | os.O_WRONLY))


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes: the shortest of three times, since other programs may be at work."""
    times = list[float]()
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return round(min(times), 3)


def measure(count: int) -> Outcome:
    """Fill the cache, and look."""
    start, frames = time.monotonic(), FrameRange(0, count - 1)
    with tempfile.TemporaryDirectory() as name:
        plan, out = filled(Path(name), frames)
        files = sum(1 for path in Path(name).rglob("*.*"))
        room = timed(lambda: check_room(plan, frames, out))
        search = timed(lambda: [frames.last not in planned.frames.finished() for planned in plan.passes])
        store = Store(Path(name) / "jobs")
        for number in range(JOBS):
            store.add(Job(str(number), "render", {}, f"owner-{number % 20}", 1, float(number)))
        line = timed(lambda: [store.claim("cpu"), store.count("owner-3"), store.jobs(owner="owner-3")])
        store.close()
    scan = round(room + search, 3)
    figures = (
        Figure("frames of the shot", count),
        Figure("files in the cache and the result", files),
        Figure("forecast of the room, seconds", room),
        Figure("search for what is not finished, seconds", search),
        Figure("resume scan in all, seconds", scan, f"< {LONGEST:g}", scan < LONGEST),
        Figure(f"next of {JOBS} jobs, and one owner's, seconds", line, "< 0.3", line < 0.3),
    )
    return Outcome("A resume after 100,000 frames", HOW, round(time.monotonic() - start, 1), figures)


HOW = "A shot of 100,000 frames in two passes, finished but for the last frame, is looked through as when it goes on."

if __name__ == "__main__":
    run("Look through a long render that is nearly finished.", ("frames", 100_000), measure)
