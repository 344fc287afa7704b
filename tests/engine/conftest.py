"""One set of tiny models for all tests of the engine, and the accelerator's models without its thread."""

from __future__ import annotations

import pytest
import torch

from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore
from tests.tiny import make_models


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """Models of the engine's own: its tests write into their folder."""
    folder = tmp_path_factory.mktemp("models")
    make_models(folder)
    return ModelStore(folder)


@pytest.fixture(scope="session")
def residency() -> Residency:
    return Residency(torch.device("cpu"))
