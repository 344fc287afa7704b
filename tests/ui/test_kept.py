"""What a reloaded page shows in Look: only its owner's, and of a redone stretch the version's own recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.job import Job
from pipeline.frames import FrameRange
from pipeline.keys import Key
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from pipeline.version import OutFolder, Patch, RenderVersion
from ui.tabs.look.kept import Kept, kept_by, recipe_of_whole
from verbs.orders import patch_spec

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def whole() -> Recipe:
    return load_recipe(PRESETS / "full-workflow.toml")


def test_a_browser_gives_back_what_its_owner_had(whole: Recipe) -> None:
    kept = Kept(owner="ava", recipe=whole).model_dump_json()
    assert kept_by(kept, "ava") == whole
    assert kept_by(kept, "bob") is None, "somebody else used the same browser"


@pytest.mark.parametrize("text", ["", "{}", "[", '{"owner": "ava", "recipe": {"title": "of another Photoplay"}}'])
def test_what_cannot_be_read_counts_as_nothing(text: str) -> None:
    assert kept_by(text, "ava") is None


def test_a_redone_stretch_shows_the_recipe_of_the_whole(whole: Recipe, tmp_path: Path) -> None:
    lower = recipe_with(whole, {"passes.face.denoising_strength": 0.1})
    patch = Patch(tmp_path / "v001", FrameRange(4, 9))
    spec = {"recipe": lower.model_dump(mode="json"), **patch_spec(patch)}
    job = Job("1", "render", spec, "ava", 1, 0.0)
    assert recipe_of_whole(job) == lower, "the version is gone: its own is all that is known"
    patch.base.mkdir()
    made = RenderVersion("shot", Key("0" * 64), (0, 20), whole.model_dump(mode="json"), {}, {}, {})
    OutFolder(patch.base).write_manifest(made)
    assert recipe_of_whole(job) == whole
