"""A studio with tiny models, and renders of a few frames with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.engine.engine import Engine
from pipeline.frames import FrameRange
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from pipeline.recipe.load import changed, parse_recipe
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Rendered, Tools, render

TINY = {
    "title": "Tiny",
    "checkpoint": "tiny",
    "prompt": "film still",
    "working_size": 64,
    "batch_size": 4,
    "passes": [
        {
            "name": "body",
            "steps": 3,
            "denoising_strength": 0.65,
            "controls": [
                {"kind": "canny", "model": "tiny-canny"},
                {"kind": "mediapipe_face", "model": "tiny-mediapipe_face"},
            ],
        },
        {
            "name": "face",
            "steps": 3,
            "size": 64,
            "region": {"kind": "face"},
            "controls": [{"kind": "mediapipe_face", "model": "tiny-mediapipe_face"}],
        },
    ],
}


def tiny_recipe(*changes: str) -> Recipe:
    """Both passes at 64 pixels and three steps, with settings changed."""
    return changed(parse_recipe(TINY, "tiny"), changes)


@dataclass(frozen=True)
class Bench:
    """A shot, tools, and a folder for results."""

    shot: Shot
    tools: Tools
    folder: Path

    def render(self, recipe: Recipe, frames: str, out: str) -> Rendered:
        """Render `frames` into the folder `out`."""
        return render(Order(self.shot, recipe, FrameRange.parse(frames), self.folder / out), self.tools, Progress())


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine for the whole run, as in the app."""
    with Engine("cpu") as shared:
        yield shared


@pytest.fixture(scope="session")
def bench_in(interview: Path, looked_at: Path, models: ModelStore, engine: Engine) -> Callable[[Path], Bench]:
    """A bench in any folder: the sample shot with a cache that holds its people alone."""

    def made(folder: Path) -> Bench:
        shutil.copytree(looked_at, folder / "cache")
        return Bench(probe(interview), Tools(engine, models, folder / "cache"), folder)

    return made


@pytest.fixture
def bench(bench_in: Callable[[Path], Bench], tmp_path: Path) -> Bench:
    """The sample shot with a cache that holds its people alone."""
    return bench_in(tmp_path)


@pytest.fixture
def bench_of(models: ModelStore, engine: Engine, tmp_path: Path) -> Callable[[Path], Bench]:
    """A bench for any clip."""
    return lambda clip: Bench(probe(clip), Tools(engine, models, tmp_path / "cache"), tmp_path)


def files_in(folder: Path, parts: Sequence[str]) -> dict[str, bytes]:
    """The bytes of the delivered files under these parts of a result."""
    paths = [p for part in parts for p in (folder / part, *(folder / part).rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in paths}
