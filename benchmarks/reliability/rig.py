"""What the benchmarks of reliability stand on: a small render as a job, processes to carry it out, looks at its files.

The models are the tests' tiny ones: the real classes with random weights. Everything else is what the app does: the
store, the executor, the whole flow from a clip to the measured delivery.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import imageio_ffmpeg  # noqa: E402
import torch  # noqa: E402

from jobs.executor import Request  # noqa: E402
from jobs.job import Job  # noqa: E402
from jobs.local import LocalExecutor  # noqa: E402
from jobs.pace import Pace  # noqa: E402
from jobs.store import Store  # noqa: E402
from pipeline.clip.probe import probe  # noqa: E402
from pipeline.clip.still import decode_png  # noqa: E402
from pipeline.engine.engine import Engine  # noqa: E402
from pipeline.frames import FrameRange  # noqa: E402
from pipeline.models.store import ModelStore  # noqa: E402
from pipeline.progress import Progress  # noqa: E402
from pipeline.recipe.load import parse_recipe  # noqa: E402
from pipeline.render import Order, Tools, render  # noqa: E402
from tests.tiny import make_models  # noqa: E402

torch.set_num_threads(1)

SAMPLE = ROOT / "samples" / "interview" / "plate.mp4"
BATCH = 4
RECIPE = {
    "title": "Tiny",
    "checkpoint": "tiny",
    "working_size": 64,
    "passes": [
        {"name": "body", "steps": 2, "controls": [{"kind": "canny", "model": "tiny-canny"}]},
        {"name": "face", "steps": 2, "size": 64, "region": {"kind": "face"}},
    ],
}


@dataclass(frozen=True)
class Settings:
    """What is rendered: which frames, and how many at once."""

    frames: FrameRange
    batch: int


USUAL = Settings(FrameRange(2, 9), BATCH)
"""Two passes over eight frames: three batches of the absolute grid."""
PACE = Pace(beat=0.03, check=0.03, longest_check=0.1)


@dataclass(frozen=True)
class Home:
    """A folder with a plate, models, jobs and everything that comes of them."""

    path: Path
    settings: Settings = USUAL

    @property
    def out(self) -> Path:
        """Where the render is delivered."""
        return self.path / "out"

    def store(self) -> Store:
        """Its jobs."""
        return Store(self.path / "jobs")

    def executor(self, engine: Engine, pace: Pace = PACE) -> LocalExecutor:
        """Whoever carries its jobs out: renders by RECIPE."""

        def work(job: Job, progress: Progress) -> None:
            self.render(engine, progress)

        return LocalExecutor(self.store(), {"render": work}, "cpu", pace)

    def render(self, engine: Engine, progress: Progress) -> None:
        """The render itself."""
        recipe = parse_recipe({**RECIPE, "batch_size": self.settings.batch}, "tiny")
        order = Order(probe(self.path / "plate.mp4"), recipe, self.settings.frames, self.out)
        render(order, Tools(engine, ModelStore(self.path / "models"), self.path / "cache"), progress)

    def submit(self) -> None:
        """Put the render in line."""
        with Engine("cpu") as engine:
            jobs = self.executor(engine)
            jobs.submit(Request("render", {}, "ann", 1))
            jobs.close()

    def carry_out(self) -> None:
        """Go on with the jobs until none runs or waits."""
        with Engine("cpu") as engine:
            jobs = self.executor(engine)
            jobs.start()
            while any(job.state in ("queued", "running") for job in jobs.jobs()):
                time.sleep(0.02)
            jobs.close()

    def stay(self) -> None:
        """Go on with the jobs until all are done, waiting with those that are paused."""
        with Engine("cpu") as engine:
            jobs = self.executor(engine)
            jobs.start()
            while any(job.state != "done" for job in jobs.jobs()):
                time.sleep(0.02)
            jobs.close()

    def finished(self) -> dict[str, tuple[str, int]]:
        """Every file of the cache that can be seen -> hash and time of writing."""
        paths = [path for path in (self.path / "cache").rglob("[!.]*") if path.is_file()]
        return {str(path): (digest(path), path.stat().st_mtime_ns) for path in paths}

    def delivered(self) -> dict[str, str]:
        """Every delivered file -> hash."""
        paths = [path for path in self.out.rglob("[!.]*") if path.is_file()]
        return {str(path.relative_to(self.out)): digest(path) for path in paths}

    def half_files(self, expected: dict[str, str]) -> int:
        """How many files can be seen that are not whole. expected: the movies' hashes, among others."""
        places = [path for part in ("cache", "out") for path in (self.path / part).rglob("[!.]*")]
        broken = sum(not _whole(path) for path in places if path.suffix in (".png", ".json"))
        return broken + sum(digest(path) != expected[path.name] for path in places if path.suffix == ".mp4")

    def store_is_whole(self) -> bool:
        """Whether the list of jobs is sound and still holds the one job."""
        with sqlite3.connect(self.path / "jobs" / "jobs.sqlite3") as db:
            sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return sound and db.execute("SELECT COUNT(*) FROM jobs").fetchone()[0] == 1


def digest(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _whole(path: Path) -> bool:
    try:
        if path.suffix == ".png":
            decode_png(path.read_bytes())
        else:
            json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return False
    return True


def make_kit(folder: Path) -> Path:
    """The plate (26 frames of 320x180 with sound) and the models that all homes share."""
    folder.mkdir(parents=True, exist_ok=True)
    forked(lambda: make_models(folder / "models")).join()
    cut = ["-ss", "2", "-i", str(SAMPLE), "-frames:v", "26", "-vf", "scale=320:-2", "-crf", "16", "-shortest"]
    forked(lambda: os.execv(_ffmpeg(), [_ffmpeg(), "-loglevel", "error", *cut, str(folder / "plate.mp4")])).join()
    return folder


def _ffmpeg() -> str:
    return imageio_ffmpeg.get_ffmpeg_exe()


def new_home(path: Path, kit: Path, settings: Settings = USUAL) -> Home:
    """A home with the plate and the models of `kit`, and nothing else."""
    path.mkdir()
    for name in ("models", "plate.mp4"):
        (path / name).symlink_to(kit / name)
    return Home(path, settings)


@dataclass(frozen=True)
class Forked:
    """A process of its own."""

    id: int

    def join(self) -> int:
        """Wait for its end; its status as os.waitpid gives it."""
        return os.waitpid(self.id, 0)[1]


def forked(work: Callable[[], None]) -> Forked:
    """Do the work in a process of its own, which has everything loaded already."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return Forked(child)
