"""Hostile files at the door: nothing in them is run, nothing else is opened, and they are refused soon and cheaply.

    python benchmarks/reliability/hostile.py [--each 20] [--report FILE]

Twenty files each of pickle, zip, picture, clip and safetensors header are made as an attacker would make them. Each
comes to the door in a process of its own, whose time and memory are measured together with those of its cell.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from hostile_files import pickles, pictures, videos, weights, zips  # noqa: E402
from hostile_files.lair import Lair  # noqa: E402

from pipeline.errors import PhotoplayError  # noqa: E402
from workspaces.intake.door import check_file  # noqa: E402
from workspaces.limits import Limits  # noqa: E402

KINDS = {"pickle": pickles, "zip": zips, "picture": pictures, "clip": videos, "safetensors": weights}
ACCEPTED, REFUSED, BROKEN = 0, 2, 3
"""Exit codes of the process at the door."""
SLOWEST, LARGEST = 2.0, 1 << 30
"""What is promised: seconds until a file is refused, and bytes of memory."""


@dataclass
class Tally:
    """What was counted over all files. accepted, broken: names of those that were let in, or that broke the door."""

    files: int = 0
    refused: int = 0
    accepted: list[str] = field(default_factory=list[str])
    broken: list[str] = field(default_factory=list[str])
    run: int = 0
    other_files_opened: int = 0
    addresses_asked: int = 0
    slowest_seconds: float = 0.0
    slowest: str = ""
    most_processor_seconds: float = 0.0
    largest_megabytes: float = 0.0
    largest: str = ""


def at_the_door(path: Path) -> int:
    """What becomes of a file. Runs in a process of its own."""
    try:
        check_file(path, Limits())
    except PhotoplayError as error:
        print(f"{path.parent.name:12}{error}", flush=True)
        return REFUSED
    return ACCEPTED


def bring(path: Path, tally: Tally) -> None:
    """Bring one file to the door, and measure."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            code = at_the_door(path)
        finally:
            if code == BROKEN:
                traceback.print_exc()
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    seconds, megabytes, name = time.monotonic() - start, used.ru_maxrss / 1024, f"{path.parent.name}/{path.name}"
    code = os.waitstatus_to_exitcode(status)
    tally.files += 1
    tally.refused += code == REFUSED
    tally.accepted += [name] if code == ACCEPTED else []
    tally.broken += [name] if code not in (ACCEPTED, REFUSED) else []
    if seconds > tally.slowest_seconds:
        tally.slowest_seconds, tally.slowest = round(seconds, 2), name
    tally.most_processor_seconds = max(tally.most_processor_seconds, round(used.ru_utime + used.ru_stime, 2))
    if megabytes > tally.largest_megabytes:
        tally.largest_megabytes, tally.largest = round(megabytes), name


def measure(each: int, folder: Path) -> Tally:
    """Bring `each` files of every kind."""
    lair, tally = Lair(folder), Tally()
    try:
        for kind, maker in KINDS.items():
            (folder / kind).mkdir()
            for name, data in list(maker.make(lair).items())[:: -(-20 // each)]:
                path = folder / kind / name
                path.write_bytes(data)
                bring(path, tally)
                path.unlink()
        time.sleep(0.2)
    finally:
        lair.close()
    tally.run, tally.other_files_opened, tally.addresses_asked = int(lair.trace.exists()), lair.opened, lair.asked
    return tally


def main() -> int:
    """Measure, print, and write the report. Returns 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description="Bring hostile files to the door.")
    parser.add_argument("--each", type=int, default=20, help="how many of every kind")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = measure(options.each, Path(folder))
    told = json.dumps(asdict(tally), indent=1)
    print(told)
    if options.report is not None:
        options.report.write_text(told + "\n", encoding="utf-8")
    reached = tally.run or tally.other_files_opened or tally.addresses_asked
    costly = tally.slowest_seconds > SLOWEST or tally.largest_megabytes > LARGEST / (1 << 20)
    return int(bool(tally.accepted or tally.broken or reached or costly))


if __name__ == "__main__":
    sys.exit(main())
