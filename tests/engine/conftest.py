"""One set of tiny models for all tests of the engine, and the accelerator's models without its thread."""

from __future__ import annotations

import pytest
import torch

from pipeline.engine.residency import Residency
from pipeline.models.store import ModelStore


@pytest.fixture(scope="session")
def store(models: ModelStore) -> ModelStore:
    return models


@pytest.fixture(scope="session")
def residency() -> Residency:
    return Residency(torch.device("cpu"))
