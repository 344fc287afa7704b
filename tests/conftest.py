"""What every test stands on: one thread, no network for the libraries, torchvision's operators, and tiny models."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import pytest
import torch

from pipeline import torchvision_ops
from pipeline.models.store import ModelStore

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from studio import Studio

torch.set_num_threads(1)
torchvision_ops.declare()

ROOT = Path(__file__).parent.parent
INTERVIEW = ROOT / "samples" / "interview" / "plate.mp4"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The tiny checkpoint and its ControlNets, made once for the whole run. Tests must not write into its folder."""
    from tests.tiny import make_models

    folder = tmp_path_factory.mktemp("models")
    make_models(folder)
    return ModelStore(folder)


@pytest.fixture(scope="session")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the people of the sample shot are known and nothing else. Tests must not write into it.

    Of several workers the first that needs it makes it, for all.
    """
    from pipeline.clip.probe import probe
    from pipeline.people.faces import Faces
    from pipeline.people.finder import FaceFinder
    from pipeline.people.track_stage import TrackStage
    from pipeline.progress import Progress

    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "looked_at"
    with cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cache.exists():
            part = tmp_path_factory.mktemp("looking")
            with FaceFinder() as finder:
                TrackStage.of(Faces(probe(INTERVIEW), part, finder)).tracks(Progress())
            part.rename(cache)
    return cache


@pytest.fixture(scope="session")
def interview() -> Path:
    """The sample shot with a cut at frame 64: 116 frames of 640x360 at 24 frames a second, with sound."""
    return INTERVIEW


@pytest.fixture
def home(models: ModelStore, tmp_path: Path) -> Path:
    """A home with tiny models of its own, and nothing else."""
    shutil.copytree(models.folder, tmp_path / "home" / "models")
    return tmp_path / "home"


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    from studio import Studio

    with Studio(home, "cpu") as studio:
        yield studio


@pytest.fixture
def shot(studio: Studio, interview: Path) -> Shot:
    """The sample shot, as the studio knows it."""
    return studio.shot(interview)
