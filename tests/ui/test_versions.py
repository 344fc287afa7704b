"""The versions of a shot in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.job import Job
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from ui.tabs.versions import changed_since, versions_of

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def job(number: int, recipe: Recipe, folder: Path, **changes: Any) -> Job:
    spec = {"recipe": recipe.model_dump(mode="json"), "frames": [0, 9], "out": str(folder / f"v{number:03d}")}
    return Job(str(number), "render", spec, "local", 1, created=float(number), **changes)


def test_what_changed_since_the_version_before(draft: Recipe, tmp_path: Path) -> None:
    lower = recipe_with(draft, {"passes.face.denoising_strength": 0.3, "prompt": "<rain>"})
    jobs = [job(1, draft, tmp_path), job(2, lower, tmp_path), job(3, lower, tmp_path)]
    told = changed_since(jobs, jobs[1])
    assert "Changed since v001" in told and "denoising strength 0.2 → 0.3" in told and "&lt;rain&gt;" in told
    assert "the same again" in changed_since(jobs, jobs[2])
    assert changed_since(jobs, jobs[0]) == ""


def test_changed_cuts_and_passes_are_named(draft: Recipe, tmp_path: Path) -> None:
    before, now = job(1, draft, tmp_path), job(2, draft, tmp_path)
    footage = {"footage": {"added_cuts": [30], "removed_cuts": [64]}, "passes": "/a/passes-1f"}
    now = replace(now, spec={**now.spec, **footage})
    told = changed_since([before, now], now)
    assert "<dt>shot</dt><dd>added cuts empty → 30</dd>" in told and "removed cuts empty → 64" in told
    assert "engine passes none → passes-1f" in told
    assert "the same again" in changed_since([now, replace(now, created=3.0)], replace(now, created=3.0))


def test_versions_carry_their_figures_the_newest_first(draft: Recipe, tmp_path: Path) -> None:
    (tmp_path / "v001").mkdir()
    measured = {"expression_kept": {"value": 0.971}, "flicker": {"whole frame": {"ratio": {"value": None}}}}
    (tmp_path / "v001" / "measurements.json").write_text(json.dumps(measured))
    html = versions_of([job(1, draft, tmp_path, state="done", finished=86_400.0), job(2, draft, tmp_path)])
    assert html.index("v002") < html.index("v001")
    assert "0.97" in html and "in line" in html and "<td>-</td>" in html
    assert versions_of([]) == ""
