"""What is painted becomes a matte at the plate's size, corrections of a pass's matte, or a pass of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ImageColor

from pipeline.errors import PhotoplayError
from pipeline.frames import Mask
from pipeline.recipe.load import load_recipe
from pipeline.recipe.regions import Correction, Painted
from ui.tabs.look.panels import head_of
from ui.tabs.look.strokes import (
    ADD,
    PATCH,
    REMOVE,
    VEIL,
    corrections_of,
    mattes_of,
    painted_in,
    with_corrections,
    with_matte,
    with_patch,
)

PRESETS = Path(__file__).parents[2] / "presets"
REGION = Painted(matte="a" * 64, frame=5, first=0, last=9)
CORRECTION = Correction(matte="b" * 64, frame=5, first=0, last=9, mode="remove")


def disc(x: int, y: int, radius: int) -> Mask:
    return cv2.circle(np.zeros((360, 640), np.uint8), (x, y), radius, (255,), -1).astype(np.uint8)


def strokes(*painted: tuple[Mask, str]) -> dict[str, Any]:
    """A layer of the editor at twice the plate's size, with strokes in a colour each."""
    layer = np.zeros((720, 1280, 4), np.uint8)
    for mask, colour in painted:
        layer[cv2.resize(mask, (1280, 720), interpolation=cv2.INTER_NEAREST) > 0] = (*ImageColor.getrgb(colour), 178)
    return {"layers": [layer]}


def test_blue_adds_and_red_takes_away_at_the_plates_size() -> None:
    blue, red = disc(400, 150, 15), disc(300, 150, 10)
    added, removed = painted_in(strokes((blue, ADD), (red, REMOVE)), 640, 360)
    assert (added == blue).all() and (removed == red).all()
    added, removed = painted_in(strokes((blue, ADD), (disc(410, 150, 15), REMOVE)), 640, 360)
    assert not np.logical_and(added, removed).any(), "the last stroke counts"
    only, nothing = painted_in(strokes((blue, ADD)), 640, 360)
    assert (only == blue).all() and not nothing.any()


def test_nothing_painted_is_said() -> None:
    for painted in (None, {"layers": []}, {"layers": [np.zeros((9, 9, 4), np.uint8)]}):
        with pytest.raises(PhotoplayError, match="Nothing is painted"):
            painted_in(painted, 640, 360)


def test_the_matte_as_it_is_lies_over_the_frame() -> None:
    frame, matte = np.full((360, 640, 3), 100, np.uint8), disc(300, 150, 60)
    shown = with_matte(frame, matte)
    assert (shown[matte == 0] == 100).all()
    inner = shown[140:160, 290:310].reshape(-1, 3)
    blue = np.array(ImageColor.getrgb(ADD))
    assert (inner == np.round(100 + VEIL * (blue - 100.0))).all() and (shown[150, 240] == blue).all()
    assert with_matte(frame, None) is frame


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
    again = with_patch(with_corrections(stronger, PATCH, (CORRECTION,)), REGION.model_copy(update={"matte": "b" * 64}))
    assert (len(again.passes), again.passes[-1].denoising_strength) == (3, 0.7)
    assert again.passes[-1].region.matte == "b" * 64  # pyright: ignore[reportAttributeAccessIssue]
    assert not again.passes[-1].corrections, "they were of the matte before"


def test_corrections_are_the_pass_s_own_and_its_head_says_so() -> None:
    draft = load_recipe(PRESETS / "draft.toml")
    assert mattes_of(draft) == ["face"]
    corrected = with_corrections(draft, "face", (CORRECTION, CORRECTION))
    assert corrections_of(corrected, "face") == (CORRECTION, CORRECTION) and corrections_of(corrected, "body") == ()
    assert "matte corrected 2 ×" in head_of(corrected, corrected.passes[1])
    assert "corrected" not in head_of(draft, draft.passes[1])
    assert with_corrections(corrected, "face", ()) == draft
