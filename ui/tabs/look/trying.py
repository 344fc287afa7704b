"""The part of the tab that makes one frame many times: a grid of values, or a sheet of every look."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from pipeline.frames import FrameRange, Picture
from pipeline.recipe.recipe import Recipe
from ui.bind import Bound, Given
from ui.live import Followed, told_live
from ui.page import owner_of
from ui.say import notice, said
from ui.tabs.look.grid import Cell, axes_of, grid_of
from ui.tabs.look.preview import figures_in_words

if TYPE_CHECKING:
    from ui.tabs.look.tab import LookTab

FIRST_AXIS = "passes.face.denoising_strength"
HELP = '<p class="quiet">Values as 0.4, 0.5, 0.6 or as 0.4-0.6; empty tries five around the one that is set. \
A click on a picture takes its settings.</p>'


class Trying:
    """The grid's controls and handlers."""

    def __init__(self, bound: Bound) -> None:
        self.sliders = {path: one for path, one in bound.controls.items() if isinstance(one, gr.Slider)}
        self.cells = gr.State([])
        with gr.Accordion("Grid and contact sheet", open=False, elem_classes="folded", elem_id="trying"):
            gr.HTML(HELP)
            axes = [("nothing else", ""), *axes_of(self.sliders)]
            self.axes, self.values = [], []
            for number, value in enumerate((FIRST_AXIS, "")):
                with gr.Row():
                    label = "Try values of" if number == 0 else "and of"
                    self.axes.append(gr.Dropdown(axes, value=value, label=label, min_width=160))
                    self.values.append(gr.Textbox(label="Values", min_width=100, elem_id=f"values-{number}"))
            with gr.Row():
                self.go = gr.Button("Make the grid", size="sm", elem_id="make-grid", min_width=120)
                self.looks = gr.Button("This frame under every look", size="sm", elem_id="every-look", min_width=120)

    def wire(self, look: LookTab) -> None:
        """Connect the handlers."""
        self.look = look
        here = {look.page.shot, look.frame, *look.settings}
        shown = [look.viewer, look.sheet, look.status, self.cells]
        live = {"show_progress": "hidden", "concurrency_limit": 8}
        self.go.click(told_live(self.grid), {*here, *self.axes, *self.values}, shown, **live)
        self.looks.click(told_live(self.every_look), here, shown, **live)
        look.sheet.select(said(self.take), [self.cells], [*look.recalled], show_progress="hidden")

    def grid(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """The chosen frame with every combination of the values."""
        asked = [(given[axis], given[values]) for axis, values in zip(self.axes, self.values, strict=True)]
        chosen = [(self.sliders[path], path, text) for path, text in asked if path]
        yield from self._made(grid_of(self.look.recipe(given), chosen), given, owner_of(request))

    def every_look(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """The chosen frame under every preset that can be rendered here."""
        owner = owner_of(request)
        presets = [preset for preset in self.look.page.studio.looks.of(owner) if not preset.missing]
        yield from self._made([Cell(preset.recipe.title, preset.recipe) for preset in presets], given, owner)

    def take(self, cells: list[Recipe], chosen: gr.SelectData, request: gr.Request) -> dict[Block, Any]:
        """The settings of the picture that was clicked."""
        recipe = cells[int(chosen.index)]
        owner = owner_of(request)
        titles = {preset.recipe: preset.name for preset in self.look.page.studio.looks.of(owner)}
        return self.look.showing(owner, titles.get(recipe, ""), recipe)

    def _made(self, cells: list[Cell], given: Given, owner: str) -> Generator[dict[Block, Any], None, None]:
        """One cell after the other, each shown as soon as it is there."""
        from pipeline.measure.aids import NO_FACE_MODEL, FaceModels
        from pipeline.measure.still import measure_still

        look, frame = self.look, int(given[self.look.frame])
        studio, done = look.page.studio, list[tuple[str, str]]()
        shot = given[look.page.shot]
        models = FaceModels.among(studio.models)
        yield {look.viewer: gr.Image(visible=False), look.sheet: gr.Gallery([], visible=True), self.cells: []}
        for number, cell in enumerate(cells, 1):
            order = studio.renders.order(owner, shot, cell.recipe, FrameRange(frame, frame))
            work = Followed(lambda progress, order=order: studio.preview(order, progress))
            for beat in work:
                words = f"{number} of {len(cells)}, {cell.caption}: {beat.seconds:.0f} s"
                yield {look.status: notice(f"Frame {frame:04d}", words)}
            made = work.made()
            caption = f"{cell.caption} · {figures_in_words(measure_still(made.plate, made.result, models))}"
            done.append((self._kept(owner, made.result), caption))
            yield {
                look.viewer: gr.Image(visible=False),
                look.sheet: gr.Gallery(done, selected_index=None, visible=True),
                self.cells: [one.recipe for one in cells[:number]],
            }
        told = "" if models.recogniser else f" Likeness: {NO_FACE_MODEL}."
        told = f"Click a picture to take its settings.{told}"
        yield {look.status: notice(f"Frame {frame:04d}, {len(cells)} times", told, "ok")}

    def _kept(self, owner: str, picture: Picture) -> str:
        return self.look.page.pictures.keep(owner, picture)
