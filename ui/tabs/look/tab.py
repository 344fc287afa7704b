"""The tab: what is on it, and handlers of a few lines that read, call a studio verb and show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from pipeline.recipe.recipe import Recipe
from ui.bind import Bound, Given
from ui.differences import differences, in_words
from ui.page import Page, frame_slider, gallery, moved_to, owner_of, viewer
from ui.rows import rows
from ui.say import attempt, notice, said, sentence
from ui.tabs.look.cards import cards_of
from ui.tabs.look.filtering import Filtering, head_of
from ui.tabs.look.keeping import Keeping
from ui.tabs.look.kept import Kept, kept_by, recipe_of_whole
from ui.tabs.look.painting import Painting
from ui.tabs.look.panels import Panel, build_panel, shown
from ui.tabs.look.pickers import NONE_YET, added, choices
from ui.tabs.look.preview import NO_PREVIEW, finished_note
from ui.tabs.look.previewing import Previewing
from ui.tabs.look.strokes import TEMPLATE
from ui.tabs.look.suggesting import Suggesting
from ui.tabs.look.trying import Trying
from verbs.looks import PresetStatus
from verbs.orders import frames_of

if TYPE_CHECKING:
    from ui.tabs.shot import ShotTab

FIRST_PRESET = "draft"
KEYS = """
document.addEventListener("keydown", (event) => {
  const button = document.querySelector("#preview");
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !button || !button.offsetParent) return;
  event.preventDefault();
  document.activeElement.blur();
  setTimeout(() => button.click(), 60);
});
"""
"""Ctrl+Enter previews the frame, from any field of the tab; the field is left first, so that its value counts."""

Shown = tuple[Any, ...]


class LookTab:
    """The tab's controls and handlers. base: the recipe that the controls change. first: the one at the start."""

    def __init__(self, page: Page) -> None:
        self.page, self.bound = page, Bound()
        presets = {preset.name: preset.recipe for preset in page.studio.presets()}
        first = self.first = presets[FIRST_PRESET]
        self.base, self.chosen, self.previewing = gr.State(first), gr.State(FIRST_PRESET), Previewing()
        self.painting = Painting()
        self.panels: list[Panel] = []
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self._build_viewer()
            with gr.Column(elem_classes="side look"):
                with gr.Column(elem_classes="scroll"):
                    self._build_settings(
                        first, [first, *presets.values(), first.model_copy(update={"passes": (TEMPLATE,)})]
                    )
                with gr.Row(elem_classes="foot"):
                    self.suggesting = Suggesting()
                    self.render = gr.Button("Render shot", elem_id="look-render", min_width=90)
                    self.preview_button = gr.Button("Preview frame", variant="primary", elem_id="preview", min_width=90)
        gr.HTML(js_on_load=KEYS, visible="hidden")

    @property
    def settings(self) -> set[Block]:
        """Everything that decides the recipe."""
        return {self.base, *self.bound.controls.values(), *self.filtering.chains.values()}

    @property
    def recalled(self) -> list[Block]:
        """Everything that choosing a preset changes."""
        parts = [part for panel in self.panels for part in panel.parts]
        pickers = [self.add, self.add_negative]
        return [
            self.cards,
            self.base,
            self.chosen,
            self.page.look,
            self.keeping.left_out,
            self.painting.onto,
            *pickers,
            *self.bound.controls.values(),
            *self.filtering.parts,
            *parts,
        ]

    @property
    def panes(self) -> list[Any]:
        """What can stand in the place of the picture."""
        return [self.viewer, self.sheet, self.painting.place]

    def _build_viewer(self) -> None:
        self.viewer = viewer()
        self.sheet = gallery("sheet", 5, visible=False)
        self.painting.build_editor()
        self.frame = frame_slider("look-frame")
        self.previewing.build()
        self.status = gr.HTML(NO_PREVIEW, elem_id="look-status")

    def _build_settings(self, first: Recipe, recipes: list[Recipe]) -> None:
        gr.HTML('<p class="heading">Preset</p>')
        self.cards = rows("presets")
        self.bound.add("prompt", first, lines=2, max_length=20_000, elem_id="prompt", info=None)
        self.add = gr.Dropdown([], label="Add to the prompt", value=None, elem_classes="picker", elem_id="add-lora")
        self.bound.add("negative_prompt", first, lines=1, max_length=20_000, info=None)
        self.add_negative = gr.Dropdown([], label="Add to the negative prompt", value=None, elem_classes="picker")
        built = set[str]()
        for recipe in recipes:
            for spec in recipe.passes:
                if spec.name not in built:
                    self.panels.append(build_panel(self.bound, recipe, spec))
                    built.add(spec.name)
        self.filtering = Filtering(first)
        for name in ("seed", "working_size"):
            self.bound.add(name, first, elem_classes="setting")
        self.painting.build()
        self.trying = Trying(self.bound)
        self.keeping = Keeping()

    def wire(self, shot: ShotTab) -> None:
        """Connect the handlers. shot: where the frames are chosen."""
        page, given = self.page, {self.previewing.last, *self.settings}
        quiet = {"queue": False, "show_progress": "hidden"}
        reset = [self.frame, *self.panes, self.previewing.strip, self.status, self.previewing.last]
        page.shot.change(self.reset, [page.shot, page.run_id], reset, show_progress="hidden")
        self.frame.input(said(self.picture), [page.shot, self.frame], self.panes, trigger_mode="always_last", **quiet)
        self.cards.select(said(self.card), [self.chosen], self.recalled, show_progress="hidden")
        heads = [part for panel in self.panels for part in (panel.head, panel.folded)]
        controls = [*self.bound.controls.values(), *self.filtering.chains.values()]
        gr.on(
            [control.input for control in controls],  # pyright: ignore[reportAttributeAccessIssue]
            self.changed,
            given,
            [*heads, self.filtering.folded, self.status, page.look],
            trigger_mode="always_last",
            **quiet,
        )
        for picker, path in ((self.add, "prompt"), (self.add_negative, "negative_prompt")):
            prompt = self.bound.controls[path]
            picker.input(lambda text, tag: (added(text, tag), None), [prompt, picker], [prompt, picker], **quiet)
        self.previewing.wire(self)
        self.painting.wire(self)
        self.trying.wire(self)
        self.suggesting.wire(self, shot)
        self.keeping.wire(self)

    def recipe(self, given: Given) -> Recipe:
        """The preset with what is set on the page. Raises RecipeError."""
        return self.filtering.applied(self.bound.applied(given[self.base], given), given)

    def reset(self, shot: Shot, run_id: str, request: gr.Request) -> Shown:
        """The tab for another shot: no preview yet."""
        run = self.page.runs.find(owner_of(request), run_id)
        start = frames_of(run.job).first if run is not None and run.is_of(shot) else shot.frames.first
        return moved_to(shot.frames, start), *self.picture(shot, start, request), [], NO_PREVIEW, None

    def picture(self, shot: Shot, frame: int, request: gr.Request) -> tuple[Any, Any, Any]:
        """One frame of the plate, in place of a sheet or the matte editor."""
        kept = self.page.pictures.keep(owner_of(request), self.page.studio.frame(shot, int(frame)))
        return gr.Image(kept, visible=True), gr.Gallery(visible=False), gr.Column(visible=False)

    def card(self, chosen: str, event: gr.EventData, request: gr.Request) -> dict[Block, Any]:
        """The settings of the preset that was clicked, or the first one's in the place of one that was removed."""
        owner, name = owner_of(request), str(event.what)
        if event.verb == "remove":
            self.page.studio.looks.remove(owner, name)
            name = FIRST_PRESET
        preset = self._preset(owner, name)
        return self.showing(owner, preset.name, preset.recipe)

    def recall(self, run_id: str, kept: str, request: gr.Request) -> Any:
        """The settings that this browser had here last, or those of its newest render, or of the first preset."""
        owner = owner_of(request)
        run, recipe = self.page.runs.find(owner, run_id), kept_by(kept, owner)
        if recipe is None and run is not None and "recipe" in run.job.spec:
            recipe = recipe_of_whole(run.job)
        recipe = recipe or self._preset(owner, FIRST_PRESET).recipe
        titles = {preset.recipe.title: preset.name for preset in self.page.studio.looks.of(owner)}
        return self.showing(owner, titles.get(recipe.title, ""), recipe)

    def changed(self, given: Given, request: gr.Request) -> Any:
        """What the panels' heads say now, and what differs from the last preview."""
        recipe = attempt(lambda: self.recipe(given))
        if isinstance(recipe, PhotoplayError):
            return {self.status: f'<div class="note error">{sentence(recipe)}</div>'}
        updates = {block: now for block, now in shown(self.panels, recipe).items() if not isinstance(block, gr.Group)}
        updates[self.filtering.folded] = gr.Accordion(label=head_of(recipe))
        updates[self.page.look] = Kept(owner=owner_of(request), recipe=recipe).model_dump_json()
        if (last := given[self.previewing.last]) is not None:
            updates[self.status] = finished_note(last.frame, last.told, in_words(differences(last.recipe, recipe)))
        return updates

    def showing(self, owner: str, name: str, recipe: Recipe, left_out: tuple[str, ...] = ()) -> dict[Block, Any]:
        """The tab with another recipe. name: of the preset that it is, "" for none. left_out: what is not in it."""
        studio, pictures = self.page.studio, self.page.pictures
        given = cards_of(studio.looks.of(owner), name, lambda path: pictures.give(owner, path))
        hidden = studio.fittings.of_others(owner)
        tags = choices(studio.models, hidden, "adapter", "embedding")
        words = choices(studio.models, hidden, "embedding")
        return {
            self.cards: given,
            self.base: recipe,
            self.chosen: name,
            self.page.look: Kept(owner=owner, recipe=recipe).model_dump_json(),
            self.add: gr.Dropdown(tags, value=None, info=None if tags else NONE_YET),
            self.add_negative: gr.Dropdown(words, value=None, visible=bool(words)),
            self.painting.onto: self.painting.choices(recipe),
            self.keeping.left_out: "".join(notice("Not taken over", text, "warn") for text in left_out),
            **self.bound.shown(recipe),
            **self.filtering.shown(recipe),
            **shown(self.panels, recipe),
        }

    def _preset(self, owner: str, name: str) -> PresetStatus:
        """A preset by its name, or the first one where it is gone."""
        presets = {preset.name: preset for preset in self.page.studio.looks.of(owner)}
        return presets.get(name, presets[FIRST_PRESET])
