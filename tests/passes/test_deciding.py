"""What is left out to be faster changes pictures, so it is in the key; nothing left out changes no older key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.passes.plan import deciding
from pipeline.recipe.load import changed, load_recipe
from pipeline.recipe.passes import PassSpec

PRESETS = Path(__file__).parents[2] / "presets"


def body(*changes: str) -> PassSpec:
    return changed(load_recipe(PRESETS / "draft.toml"), changes).passes[0]


def test_what_is_not_left_out_is_not_in_the_key() -> None:
    assert "fast" not in deciding(body(), set())
    assert deciding(body("passes.body.fast.reuse=1"), set()) == deciding(body(), set())


@pytest.mark.parametrize("change", ["reuse=2", "guidance_end=0.5"])
def test_what_is_left_out_is_in_the_key(change: str) -> None:
    assert deciding(body(f"passes.body.fast.{change}"), set()) != deciding(body(), set())


def test_the_fast_draft_is_the_draft_but_for_what_it_says() -> None:
    """Same weights, prompts, regions, strengths and controls; other sizes, steps, sampler and deep layers."""
    exact, fast = (load_recipe(PRESETS / f"{name}.toml") for name in ("draft", "draft-fast"))
    other = {"steps", "sampler", "size", "fast"}
    for a, b in zip(exact.passes, fast.passes, strict=True):
        assert a.model_dump(exclude=other) == b.model_dump(exclude=other)
        assert (b.guidance_scale, b.fast.reuse) == (1, 2) and b.steps * 4 <= a.steps + 5
    told = {"passes", "title", "note", "working_size"}
    assert exact.model_dump(exclude=told) == fast.model_dump(exclude=told)
    assert fast.working_size < exact.working_size
