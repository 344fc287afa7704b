"""The fix list: which pass is to blame, how much lower it goes, and which frames are rendered again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange
from pipeline.keys import key_of
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from pipeline.version import Stretch
from ui.tabs.compare.fixes import RecipeAt, redone, stretches_of, worst_of

PRESETS = Path(__file__).parents[2] / "presets"


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def always(recipe: Recipe) -> RecipeAt:
    return lambda frame: recipe


def measured(*worst: tuple[int, str, str]) -> dict[str, Any]:
    told = [{"frame": frame, "measure": kind, "name": name, "what": f"{name} <off>"} for frame, kind, name in worst]
    return {"frames": {"first": 40, "last": 115}, "cuts": [64], "worst": told}


def test_the_face_pass_is_lowered_where_the_acting_is_off(draft: Recipe) -> None:
    recipe, frames = redone(measured((50, "expression", "mouth")), always(draft), 0)
    assert [spec.denoising_strength for spec in recipe.passes] == [0.35, 0.1]
    assert frames == FrameRange(42, 58)


def test_the_body_pass_is_lowered_where_the_picture_flickers(draft: Recipe) -> None:
    recipe, _ = redone(measured((50, "flicker", "whole frame")), always(draft), 0)
    assert [spec.denoising_strength for spec in recipe.passes] == [0.25, 0.2]
    recipe, _ = redone(measured((50, "flicker", "face")), always(draft), 0)
    assert [spec.denoising_strength for spec in recipe.passes] == [0.35, 0.1]


def test_the_frames_stay_inside_the_set_up_and_the_render(draft: Recipe) -> None:
    worst = measured(*((frame, "flicker", "body") for frame in (62, 65, 42, 114)))
    ranges = [redone(worst, always(draft), number)[1] for number in range(4)]
    assert ranges == [FrameRange(54, 63), FrameRange(64, 73), FrameRange(40, 50), FrameRange(106, 115)]
    with pytest.raises(PhotoplayError, match="no such frame"):
        redone(worst, always(draft), 4)


def test_the_list_goes_to_the_frame_and_offers_what_can_be_lowered(draft: Recipe) -> None:
    worst = measured((50, "expression", "mouth"))
    html = worst_of(worst, always(draft))
    assert 'data-goto="50"' in html and "Redo at 0.10" in html and "&lt;off&gt;" in html
    least = recipe_with(draft, {"passes.face.denoising_strength": 0.05})
    assert "Redo" not in worst_of(worst, always(least))
    assert worst_of(measured(), always(draft)) == ""


def test_a_frame_that_was_redone_goes_on_from_what_it_was_redone_with(draft: Recipe) -> None:
    lower = recipe_with(draft, {"passes.face.denoising_strength": 0.4})
    worst = measured((50, "expression", "mouth"), (80, "expression", "mouth"))

    def recipe_at(frame: int) -> Recipe:
        return lower if frame < 64 else draft

    assert [redone(worst, recipe_at, at)[0].passes[1].denoising_strength for at in (0, 1)] == [0.3, 0.1]
    html = worst_of(worst, recipe_at)
    assert "Redo at 0.30" in html and "Redo at 0.10" in html


def test_what_was_redone_is_said(draft: Recipe) -> None:
    lower = recipe_with(draft, {"passes.face.denoising_strength": 0.25}).model_dump(mode="json")
    html = stretches_of([Stretch((42, 58), lower, {}, 3, "v<1>", key_of("x", 1, {}, ()))])
    assert "0042-0058" in html and "face 0.25" in html and "v&lt;1&gt;" in html and 'data-goto="42"' in html
    assert stretches_of([]) == ""
