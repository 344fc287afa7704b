"""A home for the commands: tiny models, and a recipe for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.recipe.load import save_recipe
from tests.render.conftest import tiny_recipe
from tests.tiny import make_models


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the tiny models and a recipe for them."""
    folder = tmp_path_factory.mktemp("home")
    make_models(folder / "models")
    save_recipe(tiny_recipe(), folder / "tiny.toml")
    return folder
