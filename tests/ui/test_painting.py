"""What is painted becomes a matte at the plate's size, and a pass of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.errors import PhotoplayError
from pipeline.recipe.load import load_recipe
from pipeline.recipe.regions import Painted
from ui.tabs.look.painting import PATCH, mask_of, with_patch

PRESETS = Path(__file__).parents[2] / "presets"
REGION = Painted(matte="a" * 64, frame=5, first=0, last=9)


def test_a_stroke_is_a_matte_at_the_plates_size(interview: Path) -> None:
    shot = probe(interview)
    layer = np.zeros((720, 1280, 4), np.uint8)
    layer[100:200, 400:600, 3] = 255
    mask = mask_of({"layers": [layer]}, shot)
    assert mask.shape == (360, 640) and mask[60:90, 210:290].min() == 255
    assert abs(int((mask > 0).sum()) - 50 * 100) < 300


def test_nothing_painted_is_said(interview: Path) -> None:
    shot = probe(interview)
    for painted in (None, {"layers": []}, {"layers": [np.zeros((9, 9, 4), np.uint8)]}):
        with pytest.raises(PhotoplayError, match="Nothing is painted"):
            mask_of(painted, shot)


def test_the_patch_is_a_pass_on_top_and_takes_a_new_matte() -> None:
    draft = load_recipe(PRESETS / "draft.toml")
    patched = with_patch(draft, REGION)
    assert [spec.name for spec in patched.passes] == ["body", "face", PATCH]
    patch = patched.passes[-1]
    assert patch.region == REGION and patch.denoising_strength == draft.passes[1].denoising_strength
    assert [control.kind for control in patch.controls] == ["canny"]
    stronger = patched.model_copy(
        update={"passes": (*draft.passes, patch.model_copy(update={"denoising_strength": 0.7}))}
    )
    again = with_patch(stronger, REGION.model_copy(update={"matte": "b" * 64}))
    assert (len(again.passes), again.passes[-1].denoising_strength) == (3, 0.7)
    assert again.passes[-1].region.matte == "b" * 64  # pyright: ignore[reportAttributeAccessIssue]
