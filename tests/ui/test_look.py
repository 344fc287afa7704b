"""The parts of the Look tab that need no page: grids, pasted settings, cards, what the panels' heads say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from pipeline.clip.still import encode_png
from pipeline.errors import PhotoplayError, RecipeError
from pipeline.measure.still import StillFigures
from pipeline.models.store import ModelStore
from pipeline.recipe.infotext import png_with_infotext
from pipeline.recipe.load import load_recipe, recipe_with
from pipeline.recipe.recipe import Recipe
from pipeline.render import Preview
from ui.bind import Bound
from ui.tabs.look.cards import cards_of
from ui.tabs.look.grid import grid_of, values_in
from ui.tabs.look.keeping import as_text, from_file, from_text
from ui.tabs.look.panels import folded_of, head_of
from ui.tabs.look.pickers import added, tag_of
from ui.tabs.look.preview import PARTS, Piece, chosen, figures_in_words, foremost, pictures_of
from verbs.looks import PresetStatus
from workspaces.home import LOCAL, Home
from workspaces.rooms import Rooms

PRESETS = Path(__file__).parents[2] / "presets"
STRENGTH = "passes.face.denoising_strength"
INFOTEXT = """photo of a woman, rain
Negative prompt: cartoon
Steps: 25, Sampler: Euler, CFG scale: 7, Seed: 42, Size: 912x512, Denoising strength: 0.63, Tonal wobble: 3"""


@pytest.fixture
def draft() -> Recipe:
    return load_recipe(PRESETS / "draft.toml")


def slider(draft: Recipe, path: str) -> gr.Slider:
    made = Bound().add(path, draft)
    assert isinstance(made, gr.Slider)
    return made


def test_values_are_read_as_a_list_a_span_or_around_what_is_set(draft: Recipe) -> None:
    one = slider(draft, STRENGTH)
    assert values_in("0.4, 0.5 0.6", one, draft, STRENGTH) == [0.4, 0.5, 0.6]
    assert values_in("0.4-0.6", one, draft, STRENGTH) == [0.4, 0.45, 0.5, 0.55, 0.6]
    assert values_in("", one, draft, STRENGTH) == [0.1, 0.15, 0.2, 0.25, 0.3]
    steps = slider(draft, "passes.body.steps")
    assert all(isinstance(value, int) for value in values_in("10-20", steps, draft, "passes.body.steps"))
    with pytest.raises(PhotoplayError, match="are no values"):
        values_in("low to high", one, draft, STRENGTH)


def test_a_grid_has_a_cell_for_every_combination(draft: Recipe) -> None:
    one, two = slider(draft, STRENGTH), slider(draft, "passes.body.steps")
    cells = grid_of(draft, [(one, STRENGTH, "0.3, 0.4"), (two, "passes.body.steps", "5, 10, 15")])
    assert len(cells) == 6 and cells[0].caption == "denoising strength 0.3, steps 5"
    assert (cells[-1].recipe.passes[1].denoising_strength, cells[-1].recipe.passes[0].steps) == (0.4, 15)
    with pytest.raises(RecipeError, match="denoising_strength"):
        grid_of(draft, [(one, STRENGTH, "0.4, 1.4")])
    with pytest.raises(PhotoplayError, match="at most 20"):
        grid_of(draft, [(one, STRENGTH, "0-1"), (two, "passes.body.steps", "1 2 3 4 5")])


def test_every_setting_as_text_comes_back_as_it_was(draft: Recipe, models: ModelStore) -> None:
    assert from_text(as_text(draft), models).recipe == draft


def test_a_typo_in_the_text_is_named(draft: Recipe, models: ModelStore) -> None:
    text = as_text(draft).replace("denoising_strength", "denoise_strength", 1)
    with pytest.raises(RecipeError, match=r"denoise_strength` is not a setting.*denoising_strength"):
        from_text(text, models)
    with pytest.raises(RecipeError, match="no recipe"):
        from_text("make it look like rain", models)


def test_what_auto1111_wrote_is_taken_over_and_the_rest_is_said(models: ModelStore) -> None:
    pasted = from_text(INFOTEXT, models)
    assert (pasted.recipe.seed, pasted.recipe.passes[0].denoising_strength) == (42, 0.63)
    assert pasted.recipe.negative_prompt == "cartoon"
    assert any("Tonal wobble" in sentence for sentence in pasted.left_out)


def test_a_dropped_png_of_ours_gives_its_very_recipe(draft: Recipe, models: ModelStore, tmp_path: Path) -> None:
    """Auto1111's text beside it says less: it knows one pass."""
    rooms = Rooms(Home(tmp_path / "home"), tmp_path)
    ours = png_with_infotext(encode_png(np.zeros((8, 8, 3), np.uint8)), INFOTEXT, draft.model_dump_json())
    theirs = png_with_infotext(encode_png(np.zeros((8, 8, 3), np.uint8)), INFOTEXT)
    for data, passes in ((ours, 2), (theirs, 1)):
        path = tmp_path / "home" / "uploads" / hashlib.sha256(data).hexdigest() / "frame.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        rooms.exchange.note_received(LOCAL, path)
        recipe = from_file(rooms, LOCAL, path, models).recipe
        assert len(recipe.passes) == passes and (recipe == draft) == (passes == 2)
        assert not path.exists(), "an upload is used once"


def test_the_parts_of_a_preview_are_shown_one_by_one() -> None:
    plate, layer = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 4), np.uint8)
    made = Preview(
        frame=3,
        plate=plate,
        result=plate,
        layers={"body": layer, "face": layer},
        mattes={"face": plate[..., 0], "face.2": plate[..., 0]},
        controls={"body": {"canny": plate}, "face": {"mediapipe_face": plate}},
    )
    pieces = [Piece(part, caption, str(at)) for at, (part, caption, _) in enumerate(pictures_of(made))]
    found = {part: [piece.caption for piece in chosen(pieces, part)] for part in PARTS}
    assert found == {
        "all": [piece.caption for piece in pieces],
        "plate": ["plate"],
        "controls": ["body: edges", "face: face"],
        "mattes": ["face matte", "face matte, person 2"],
        "layers": ["body layer", "face layer"],
        "result": ["result"],
    }
    assert [foremost(chosen(pieces, part), part) for part in PARTS] == [len(pieces) - 1, 0, 0, 0, 0, 0]


def test_a_frame_s_figures_are_told_and_likeness_only_where_it_is_known() -> None:
    known = StillFigures(off=0.02, lost=False, detail=0.91, distance=12.34, likeness=0.214)
    assert figures_in_words(known) == "expression off 0.020 · detail 0.91 · likeness 0.21 · distance 12.3"
    lost = StillFigures(off=None, lost=True, detail=None, distance=40.0)
    assert figures_in_words(lost) == "the face is lost · distance 40.0"


def test_a_head_warns_when_the_face_is_close_to_the_body(draft: Recipe) -> None:
    face = draft.passes[1]
    assert "0.15 below body" in head_of(draft, face) and "amber" not in head_of(draft, face)
    close = recipe_with(draft, {STRENGTH: 0.45})
    assert "may lose expression" in head_of(close, close.passes[1])
    assert "whole frame" in head_of(draft, draft.passes[0])


def test_a_folded_panel_says_what_is_set_in_it(draft: Recipe) -> None:
    changed = recipe_with(draft, {"passes.face.controls.canny.weight": 0, "passes.face.prompt": "eyes <lora:ava:0.7>"})
    assert folded_of(changed, changed.passes[1]) == "Euler · own prompt · edges off · face · ava 0.7"


def test_cards_show_picture_and_figures_where_they_were_made(draft: Recipe, tmp_path: Path) -> None:
    picture = tmp_path / "draft.png"
    figures = {"expression_kept": 0.971, "flicker_ratio": 1.052, "detail": 0.8, "frames": [40, 63]}
    presets = [
        PresetStatus("draft", draft, (), picture, figures),
        PresetStatus("film", draft.model_copy(update={"title": "<i>Film"}), ("No model.",)),
    ]
    html = cards_of(presets, "draft", str)
    assert str(picture) in html and "expression 0.97" in html and "flicker 1.05 ×" in html
    assert "&lt;i&gt;Film (not ready)" in html and "<i>Film" not in html
    assert html.count('aria-checked="true"') == 1 and html.count("<img") == 1


def test_a_picked_model_is_added_once() -> None:
    assert added("rain,", tag_of("adapter", "ava")) == "rain, <lora:ava:1>"
    assert added("rain, <lora:ava:1>", "<lora:ava:1>") == "rain, <lora:ava:1>"
    assert added("", tag_of("embedding", "NG_Deep")) == "NG_Deep"
    assert added("rain", None) == "rain"
