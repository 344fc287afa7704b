"""A disk that refuses every write once: the job pauses with its reason, goes on by itself, and loses nothing.

    python benchmarks/reliability/refusals.py [--every 1] [--report FILE]

Each place where a file is written, synced or given its name, each folder that is made, and forty commits of the store
are refused the first time they are reached: with ENOSPC in one render, with EIO in another. `--every 10` refuses only
each tenth of them. disk.py does the same with a real file system that is full, for what ffmpeg and SQLite write
themselves.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from outcome import Figure, Outcome, none_of, run
from rig import PACE, Home, forked, make_kit, new_home

from jobs.executor import Request
from jobs.job import Job
from jobs.local import LocalExecutor
from pipeline.engine.engine import Engine
from pipeline.errors import NotWritable
from pipeline.progress import Progress

CODES = {errno.ENOSPC: sqlite3.SQLITE_FULL, errno.EIO: sqlite3.SQLITE_IOERR}
"""What SQLite says when the system says this."""
SQL_SITES = 40
"""So many of the store's commits are refused."""


@dataclass
class Tally:
    """What was counted in one render."""

    sites: int = 0
    refused: int = 0
    pauses: int = 0
    without_reason: int = 0
    lost: int = 0
    half: int = 0
    different: int = 0
    parts_left: int = 0
    state: str = ""


@dataclass
class Refusing:
    """Refuses each site the first time it is reached, or each `every`th of the sites."""

    fault: int
    every: int
    seen: set[str] = field(default_factory=set)
    refused: int = 0
    commits: int = 0

    def __call__(self, call: str, path: Any) -> None:
        """Raise OSError where it is the time to."""
        site = f"{call} {re.sub(r'[.][0-9]+[.][0-9]+', '', str(path))}"
        if site in self.seen:
            return
        self.seen.add(site)
        if len(self.seen) % self.every == 0:
            self.refused += 1
            raise OSError(self.fault, os.strerror(self.fault), str(path))

    def commit(self) -> None:
        """Raise sqlite3.OperationalError for every second of the first commits."""
        self.commits += 1
        if self.commits % 2 == 0 and self.commits <= 2 * SQL_SITES and self.commits // 2 % self.every == 0:
            self.refused += 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = CODES[self.fault]
            raise error


def refuse(refusing: Refusing) -> None:
    """Let the calls of this process that change a disk be refused."""
    write_bytes, sync, replace, mkdir, connect = Path.write_bytes, os.fsync, os.replace, os.mkdir, sqlite3.connect

    def refused_write(self: Path, data: Any) -> int:
        refusing("write", self)
        return write_bytes(self, data)

    def refused_sync(descriptor: int) -> None:
        refusing("sync", os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    def refused_replace(source: Any, target: Any) -> None:
        refusing("rename", target)
        replace(source, target)

    def refused_mkdir(path: Any, *arguments: Any, **settings: Any) -> None:
        refusing("mkdir", path)
        mkdir(path, *arguments, **settings)

    class Refused(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                refusing.commit()
            return super().execute(sql, *arguments)

    Path.write_bytes, os.fsync, os.replace, os.mkdir = refused_write, refused_sync, refused_replace, refused_mkdir
    sqlite3.connect = lambda *arguments, **settings: connect(*arguments, factory=Refused, **settings)


def until_done(home: Home, refusing: Refusing, expected: dict[str, str]) -> Tally:
    """Carry out the job of a home on a disk that refuses, looking at the files at each refusal."""
    tally, before = Tally(), dict[str, tuple[str, int]]()

    def work(job: Job, progress: Progress) -> None:
        nonlocal before
        try:
            home.render(engine, progress)
        except NotWritable:
            now = home.finished()
            tally.pauses += 1
            tally.lost += sum(now.get(name, ("",))[0] != known for name, (known, _) in before.items())
            tally.half += home.half_files(expected)
            before = now
            raise

    with Engine("cpu") as engine:
        jobs = LocalExecutor(home.store(), {"render": work}, "cpu", PACE)
        job_id = jobs.submit(Request("render", {}, "ann", 1)).id
        refuse(refusing)
        jobs.start()
        while (job := jobs.job(job_id)).state not in ("done", "failed", "cancelled"):
            tally.without_reason += job.state == "paused" and (job.reason is None or job.reason.room is None)
            time.sleep(0.01)
        tally.state = job.state if job.reason is None else f"{job.state}: {job.reason.message}"
        jobs.close()
    tally.sites, tally.refused = len(refusing.seen) + refusing.commits, refusing.refused
    tally.different = int(home.delivered() != expected)
    tally.parts_left = sum(path.is_file() and path.name != ".lock" for path in home.path.rglob(".*"))
    return tally


def measure(every: int) -> Outcome:
    """One render with each fault, against one on a disk that refuses nothing."""
    start, figures = time.monotonic(), list[Figure]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kit = make_kit(folder / "kit")
        whole = new_home(folder / "whole", kit)
        forked(whole.submit).join()
        forked(whole.carry_out).join()
        for fault in CODES:
            tally = _in_a_process(new_home(folder / str(fault), kit), Refusing(fault, every), whole.delivered())
            figures.extend(_figures(errno.errorcode[fault], tally))
    return Outcome("Refused writes", HOW, round(time.monotonic() - start, 1), tuple(figures))


def _in_a_process(home: Home, refusing: Refusing, expected: dict[str, str]) -> Tally:
    told = home.path / "tally"

    def work() -> None:
        text = json.dumps(asdict(until_done(home, refusing, expected)))
        with told.open("w") as file:
            file.write(text)

    assert forked(work).join() == 0, "the process of the render ended with an error"
    return Tally(**json.loads(told.read_text()))


def _figures(fault: str, tally: Tally) -> tuple[Figure, ...]:
    return (
        Figure(f"{fault}: writes, syncs, renames, folders and commits refused", tally.refused),
        Figure(f"{fault}: pauses from which the job went on by itself", tally.pauses, "at least 1", tally.pauses > 0),
        Figure(f"{fault}: the job at the end", tally.state, "done", tally.state == "done"),
        none_of(f"{fault}: looks at a paused job without reason", tally.without_reason),
        none_of(f"{fault}: finished frames lost or changed", tally.lost),
        none_of(f"{fault}: half files visible", tally.half),
        none_of(f"{fault}: unfinished files left at the end", tally.parts_left),
        none_of(f"{fault}: renders whose bytes differ", tally.different),
    )


HOW = (
    "Every write, sync, rename and new folder of a render is refused the first time, and forty commits of its job's "
    "record; the job pauses each time and goes on by itself. The result is compared with an undisturbed one."
)

if __name__ == "__main__":
    run("Refuse every write of a render once.", ("every", 1), measure)
