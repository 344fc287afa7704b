"""Recipes in and out: save as a preset, paste what Auto1111 wrote, every setting as text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import tomli_w
from gradio.blocks import Block

from pipeline.errors import RecipeError, RefusedFile
from pipeline.models.record import names_by_hash
from pipeline.models.store import ModelStore
from pipeline.recipe.in_png import recipe_in_png
from pipeline.recipe.infotext import NEGATIVE, parse_infotext
from pipeline.recipe.load import parse_recipe
from pipeline.recipe.pasted import Pasted, recipe_from
from pipeline.recipe.recipe import Recipe
from ui.bind import Given
from ui.page import owner_of
from ui.say import said
from workspaces.intake.door import check_file
from workspaces.rooms import Rooms

if TYPE_CHECKING:
    from ui.tabs.look.tab import LookTab

KINDS = ("picture", "preset")
TEXT = "Every setting as text, or what Auto1111 wrote"
LARGEST = 64_000_000
"""Bytes of a picture whose settings are read."""


def as_text(recipe: Recipe) -> str:
    """Every setting of a recipe, as TOML that can be changed and handed in again."""
    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def from_text(text: str, models: ModelStore) -> Pasted:
    """The recipe that a text holds: one of ours as TOML, or the settings that Auto1111 shows under a picture.

    Raises RecipeError that names every fault.
    """
    if NEGATIVE not in text and "Steps:" not in text:
        try:
            return Pasted(parse_recipe(tomllib.loads(text), "The text"), ())
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(
                f"The text is no recipe: {error}.",
                "Paste a recipe, or what Auto1111 shows under a picture, from the prompt to `Version`.",
            ) from error
    return recipe_from(parse_infotext(text), None, names_by_hash(models.folder))


def from_file(rooms: Rooms, owner: str, path: Path, models: ModelStore) -> Pasted:
    """The recipe in an uploaded PNG, ours or Auto1111's, or in TOML. Raises RefusedFile, RecipeError, OutputError."""
    upload = rooms.exchange.received(owner, path)
    try:
        if upload.stat().st_size > LARGEST or check_file(upload, rooms.limits) not in KINDS:
            raise RefusedFile(f"{path.name} holds no settings.", "Drop a PNG of Photoplay or Auto1111, or a preset.")
        data = upload.read_bytes()
    finally:
        rooms.exchange.used_up(owner, path)
    if data.startswith(b"\x89PNG"):
        return recipe_in_png(data, names_by_hash(models.folder))
    return from_text(data.decode("utf-8", "replace"), models)


class Keeping:
    """The controls and handlers."""

    def __init__(self) -> None:
        with gr.Accordion("Save, paste, every setting", open=False, elem_classes="folded", elem_id="keeping"):
            with gr.Row():
                self.title = gr.Textbox(label="Title", max_length=80, elem_id="preset-title", min_width=120)
                self.save = gr.Button("Save as preset", size="sm", elem_id="save-preset", min_width=120)
            self.text = gr.Textbox(label=TEXT, lines=6, max_lines=16, max_length=200_000, elem_id="every-setting")
            with gr.Row():
                self.show_text = gr.Button("Show every setting", size="sm", elem_id="show-text", min_width=120)
                self.use_text = gr.Button("Use this text", size="sm", elem_id="use-text", min_width=120)
            self.drop = gr.File(show_label=False, height=60, elem_id="drop-settings")
            self.left_out = gr.HTML(elem_id="left-out")

    def wire(self, look: LookTab) -> None:
        """Connect the handlers."""
        self.look, recalled = look, look.recalled
        self.save.click(said(self.keep), {self.title, *look.settings}, recalled, show_progress="hidden")
        self.show_text.click(said(self.told), look.settings, [self.text], show_progress="hidden")
        self.use_text.click(said(self.paste), [self.text], recalled, show_progress="hidden")
        dropped = self.drop.upload(said(self.paste_file), [self.drop], recalled, show_progress="hidden")
        dropped.then(lambda: None, None, [self.drop], queue=False)

    def keep(self, given: Given, request: gr.Request) -> dict[Block, Any]:
        """Save what is set as a preset of this person's."""
        owner, look = owner_of(request), self.look
        kept = look.page.studio.looks.save(owner, given[self.title], look.recipe(given))
        return look.showing(owner, kept.name, kept.recipe)

    def told(self, given: Given) -> str:
        """Every setting as text."""
        return as_text(self.look.recipe(given))

    def paste(self, text: str, request: gr.Request) -> dict[Block, Any]:
        """Take over the settings in a text."""
        pasted = from_text(text, self.look.page.studio.models)
        return self.look.showing(owner_of(request), "", pasted.recipe, pasted.left_out)

    def paste_file(self, path: str, request: gr.Request) -> dict[Block, Any]:
        """Take over the settings in a PNG or a preset file."""
        owner, studio = owner_of(request), self.look.page.studio
        pasted = from_file(studio.rooms, owner, Path(path), studio.models)
        return self.look.showing(owner, "", pasted.recipe, pasted.left_out)
