"""A disk that is full again and again: the job pauses with its reason, goes on by itself, and loses nothing.

    python benchmarks/reliability/disk.py [--step 1100000] [--report FILE]

The home lies on a file system in memory (tmpfs; mounting it takes root). It is filled to the last byte, `step` bytes of
room (a tenth more each time) are made whenever the job has paused, and so forth until it is done. Here ffmpeg and
SQLite run out of room, too. The result must be the bytes of a render with room enough.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from outcome import Figure, Outcome, none_of, run
from rig import BATCH, Home, Settings, forked, make_kit, new_home

from pipeline.frames import FrameRange

SIZE = 64 << 20
"""Bytes of the disk."""
LONG = Settings(FrameRange(0, 25), BATCH)


@dataclass
class Tally:
    """What was counted."""

    pauses: int = 0
    without_reason: int = 0
    lost: int = 0
    half: int = 0
    different: int = 0


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


def squeeze(home: Home, disk: Path, step: int, expected: dict[str, str]) -> Tally:
    """Carry out the job of a home; make a little room at each pause."""
    tally, before, attempt = Tally(), dict[str, tuple[str, int]](), 0
    home.submit()
    room = step
    leave(disk, room)
    child = forked(home.stay)
    store = home.store()
    while (job := store.jobs()[0]).state != "done":
        if job.state == "paused" and job.attempt > attempt:
            attempt, now = job.attempt, home.finished()
            tally.pauses += 1
            tally.without_reason += job.reason is None or job.reason.room is None
            tally.lost += sum(now.get(name, ("",))[0] != known for name, (known, _) in before.items())
            tally.half += home.half_files(expected)
            before, room = now, room + step // 10
            leave(disk, room)
        time.sleep(0.02)
    store.close()
    tally.different = int(home.delivered() != expected)
    child.join()
    return tally


def measure(step: int) -> Outcome:
    """Render with room enough, then on the disk that is full again and again."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder, disk = Path(name), Path(name) / "disk"
        kit = make_kit(folder / "kit")
        whole = new_home(folder / "whole", kit, LONG)
        forked(whole.submit).join()
        forked(whole.carry_out).join()
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], check=True)
        try:
            tally = squeeze(new_home(disk / "home", kit, LONG), disk, step, whole.delivered())
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    figures = (
        Figure("pauses from which the job went on by itself", tally.pauses, "at least 1", tally.pauses > 0),
        none_of("pauses without a reason and a place that is watched", tally.without_reason),
        none_of("finished frames lost or changed", tally.lost),
        none_of("half files visible", tally.half),
        none_of("renders whose bytes differ", tally.different),
    )
    return Outcome("A full disk", HOW, round(time.monotonic() - start, 1), figures)


HOW = (
    "A render job on a file system of 64 MiB that is filled to the last byte at each pause but for a little more room; "
    "nobody lets it go on but itself. The result is compared with that of a render with room enough."
)

if __name__ == "__main__":
    run("Fill the disk of a render again and again.", ("step", 1_100_000), measure)
