"""A home for the commands: tiny models, and a recipe for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli import main
from pipeline.models.store import ModelStore
from pipeline.recipe.load import save_recipe
from tests.render.conftest import tiny_recipe


@pytest.fixture(scope="module")
def home(models: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the tiny models and a recipe for them."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(models.folder, folder / "models")
    save_recipe(tiny_recipe(), folder / "tiny.toml")
    return folder


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """A command's exit code, and what it printed, as data where `--json` asks for it."""
    code = main([*arguments])
    said = capsys.readouterr()
    return code, json.loads(said.out) if "--json" in arguments and not code else said.out + said.err
