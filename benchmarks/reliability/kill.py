"""SIGKILL at random moments: no finished frame is lost, no half file is seen, and the shot comes out the same.

    python benchmarks/reliability/kill.py [--kills 200] [--seed 1] [--report FILE]

A render job with small random models is carried out by a process of its own, which is killed again and again: at a
random time, or inside a write, between the bytes and the name of a file. After each kill the files are looked at, and a
new process goes on with what it finds, as the web app does when it is started again. The result must be the bytes of a
render that nobody disturbed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pipeline import files  # noqa: E402
from pipeline.clip.still import decode_png  # noqa: E402
from pipeline.frames import FrameRange  # noqa: E402
from pipeline.recipe.load import parse_recipe  # noqa: E402
from studio import Studio, out_of  # noqa: E402
from tests.tiny import make_models  # noqa: E402

PLATE = ROOT / "samples" / "interview" / "plate.mp4"
FRAMES = FrameRange(56, 67)
BATCH = 4
RECIPE = {
    "title": "Tiny",
    "checkpoint": "tiny",
    "working_size": 64,
    "batch_size": BATCH,
    "passes": [
        {"name": "body", "steps": 3, "controls": [{"kind": "canny", "model": "tiny-canny"}]},
        {"name": "face", "steps": 3, "size": 64, "region": {"kind": "face"}},
    ],
}
SYNCS = 120
"""About how often an undisturbed run brings a file or a folder to the disk."""


@dataclass
class Tally:
    """What was counted over all kills."""

    kills: int = 0
    in_a_write: int = 0
    runs_to_the_end: int = 0
    lost: int = 0
    half: int = 0
    most_redone: int = 0
    resumed_by_hand: int = 0
    different: int = 0
    seconds: float = 0.0


def carry_out(home: Path, die_at_sync: int | None) -> None:
    """The process that is killed: go on with the jobs of a home until none is left."""
    if die_at_sync is not None:
        _die_at(die_at_sync)
    with Studio(home, "cpu") as studio:
        studio.jobs.start()
        while any(job.state in ("queued", "running") for job in studio.jobs.jobs()):
            time.sleep(0.05)


def forked(work: Callable[[], None]) -> int:
    """Do the work in a process of its own, which has everything loaded already. Returns its id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return child


def _die_at(count: int) -> None:
    sync, left = os.fsync, [count]

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    files.os.fsync = fsync


def disturb(home: Path, chance: random.Random, longest: float, tally: Tally) -> None:
    """One process and its end, by a kill or because there was nothing left to do."""
    at_sync = chance.randrange(1, SYNCS) if chance.random() < 0.5 else None
    child = forked(lambda: carry_out(home, at_sync))
    if at_sync is None:
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    tally.kills += killed
    tally.in_a_write += killed and at_sync is not None


def finished(home: Path) -> dict[str, tuple[str, int]]:
    """Every file of the cache that can be seen -> hash and time of writing."""
    paths = [path for path in (home / "cache").rglob("[!.]*") if path.is_file()]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in paths}


def half_files(home: Path) -> int:
    """How many pictures and records can be seen that cannot be read."""
    broken = 0
    for path in home.rglob("[!.]*.png"):
        try:
            decode_png(path.read_bytes())
        except (ValueError, OSError):
            broken += 1
    for path in home.rglob("[!.]*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            broken += 1
    return broken


def delivered(out: Path) -> dict[str, str]:
    """Every delivered file -> hash."""
    paths = [path for path in out.rglob("[!.]*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def submit(home: Path) -> Path:
    """Put the render in line. Returns the folder it is delivered to."""
    with Studio(home, "cpu") as studio:
        recipe = parse_recipe(RECIPE, "tiny")
        return out_of(studio.submit_render(studio.shot(PLATE), recipe, FRAMES))


def resume_by_hand(home: Path) -> str:
    """Let a job go on that waits for a person. Returns its state as it was."""
    with Studio(home, "cpu") as studio:
        (job,) = studio.jobs.jobs()
        if job.state == "paused":
            studio.jobs.go_on(job.id)
        return job.state


def until_done(home: Path, chance: random.Random, longest: float, tally: Tally, most: int) -> None:
    """Kill the render of a home until it comes through, or `most` kills are reached, and see to it after each."""
    before: dict[str, tuple[str, int]] = {}
    state = "queued"
    while state != "done":
        if tally.kills < most:
            disturb(home, chance, longest, tally)
        else:
            os.waitpid(forked(lambda: carry_out(home, None)), 0)
        now = finished(home)
        tally.lost += sum(name not in now or now[name][0] != digest for name, (digest, _) in before.items())
        tally.half += half_files(home)
        redone = sum(name.endswith(".png") and now[name][1] != written for name, (_, written) in before.items())
        tally.most_redone = max(tally.most_redone, redone)
        before, state = now, resume_by_hand(home)
        tally.resumed_by_hand += state == "paused"
    tally.runs_to_the_end += 1


def measure(kills: int, seed: int, folder: Path) -> Tally:
    """Kill `kills` times over as many renders as that takes, and compare each with an undisturbed one."""
    models, chance, tally = folder / "models", random.Random(seed), Tally()
    os.waitpid(forked(lambda: make_models(models)), 0)
    start = time.monotonic()
    whole = new_home(folder / "whole", models)
    expected_at = submit(whole)
    os.waitpid(forked(lambda: carry_out(whole, None)), 0)
    longest = time.monotonic() - start
    expected = delivered(expected_at)
    assert "render.mp4" in expected, "the undisturbed render did not finish"
    while tally.kills < kills:
        home = new_home(folder / f"run-{tally.runs_to_the_end}", models)
        out = submit(home)
        until_done(home, chance, longest, tally, kills)
        tally.different += delivered(out) != expected
        shutil.rmtree(home)
    tally.seconds = round(time.monotonic() - start, 1)
    return tally


def new_home(home: Path, models: Path) -> Path:
    """An empty home with the models."""
    home.mkdir()
    (home / "models").symlink_to(models)
    return home


def main() -> int:
    """Measure, print, and write the report. Returns 1 when anything was lost, half, or different."""
    parser = argparse.ArgumentParser(description="Kill a render again and again, and compare what comes out.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = measure(options.kills, options.seed, Path(folder))
    told = json.dumps(asdict(tally), indent=1)
    print(told)
    if options.report is not None:
        options.report.write_text(told + "\n", encoding="utf-8")
    return int(bool(tally.lost or tally.half or tally.different or tally.most_redone > BATCH))


if __name__ == "__main__":
    sys.exit(main())
