"""A disk that is full again and again: the job pauses with its reason, goes on when there is room, and loses nothing.

    python benchmarks/reliability/disk.py [--report FILE]

The home lies on a file system in memory (tmpfs; mounting it takes root). It is filled to the last byte, room is made
for some more files, the job goes on, and so forth until it is done. The result must be the bytes of a render with room
enough.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import kill

from jobs.job import Job
from pipeline.recipe.load import parse_recipe
from studio import Studio, out_of
from tests.tiny import make_models

SIZE = 64 << 20
"""Bytes of the disk."""
STEP = 400_000
"""Bytes of room that are made each time. The two movies of the delivery need more at once, as temporary files."""


@dataclass
class Tally:
    """What was counted."""

    pauses: int = 0
    lost: int = 0
    half: int = 0
    different: int = 0
    seconds: float = 0.0


def leave(disk: Path, room: int) -> None:
    """Fill the disk until `room` bytes are left."""
    filling = disk / "filling"
    filling.unlink(missing_ok=True)
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(max(filling.stat().st_size - room, 0))


def ended(studio: Studio, job: Job) -> Job:
    """The job once it no longer runs or waits."""
    while (now := studio.jobs.job(job.id)).state in ("queued", "running"):
        time.sleep(0.05)
    return now


def render(studio: Studio) -> Job:
    """Put the render in line."""
    return studio.submit_render(studio.shot(kill.PLATE), parse_recipe(kill.RECIPE, "tiny"), kill.FRAMES)


def measure(folder: Path, disk: Path) -> Tally:
    """Render with room enough, then on the disk that is full again and again."""
    tally, start = Tally(), time.monotonic()
    make_models(folder / "models")
    with Studio(kill.new_home(folder / "whole", folder / "models"), "cpu") as studio:
        studio.jobs.start()
        expected = kill.delivered(out_of(ended(studio, render(studio))))
    home = kill.new_home(disk / "home", folder / "models")
    with Studio(home, "cpu") as studio:
        job = render(studio)
        before: dict[str, tuple[str, int]] = {}
        room = STEP
        leave(disk, room)
        studio.jobs.start()
        while (now := ended(studio, job)).state != "done":
            assert now.state == "paused" and now.reason is not None, now
            seen = kill.finished(home)
            tally.pauses += 1
            tally.lost += sum(seen.get(name, ("",))[0] != digest for name, (digest, _) in before.items())
            tally.half += kill.half_files(home)
            before, room = seen, room + STEP
            leave(disk, room)
            studio.jobs.go_on(job.id)
        tally.different = int(kill.delivered(out_of(now)) != expected)
    tally.seconds = round(time.monotonic() - start, 1)
    return tally


def main() -> int:
    """Measure, print, and write the report. Returns 1 when anything was lost, half or different."""
    parser = argparse.ArgumentParser(description="Fill the disk of a render again and again.")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], check=True)
        try:
            tally = measure(Path(folder), disk)
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    told = json.dumps(asdict(tally), indent=1)
    print(told)
    if options.report is not None:
        options.report.write_text(told + "\n", encoding="utf-8")
    return int(bool(tally.lost or tally.half or tally.different or not tally.pauses))


if __name__ == "__main__":
    sys.exit(main())
