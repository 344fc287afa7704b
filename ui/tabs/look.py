"""Look: choose a preset, set the passes, preview one frame with everything that led to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from looks import PresetStatus
from orders import frames_of, recipe_of
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange, Picture
from pipeline.progress import Progress
from pipeline.recipe.passes import Face, PassSpec
from pipeline.recipe.recipe import Recipe
from pipeline.render import Order, Preview
from ui.bind import Bound
from ui.page import Page, frame_slider, moved_to, owner_of, viewer
from ui.say import notice, said

FIRST_PRESET = "draft"
PASS_SETTINGS = ("denoising_strength", "guidance_scale", "steps")
KINDS = {"canny": "edges", "openpose": "pose", "mediapipe_face": "face", "depth": "depth", "normal": "normals"}
"""What the pictures of the controls show."""
NO_PREVIEW = notice("No preview yet", "It shows the frame's plate, controls, matte, layers and result.")

Given = Mapping[Component, Any]
"""What a handler with a set of inputs is given."""


class LookTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.bound, self.made = page, Bound(), gr.State([])
        self.presets = {preset.name: preset for preset in page.studio.presets()}
        self.panels: dict[str, gr.Group] = {}
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self._build_viewer()
            with gr.Column(elem_classes="side look"):
                self._build_settings(self.presets[FIRST_PRESET].recipe)
        self.settings: set[Component] = {self.preset, *self.bound.controls.values()}

    @property
    def recalled(self) -> list[Block]:
        """Everything that choosing a preset changes, the preset itself included."""
        return [self.preset, self.about, *self.bound.controls.values(), *self.panels.values()]

    def _build_viewer(self) -> None:
        self.viewer = viewer()
        self.frame = frame_slider("look-frame")
        self.strip = gr.Gallery(
            show_label=False,
            columns=9,
            rows=1,
            allow_preview=False,
            object_fit="contain",
            format="png",
            buttons=[],
            type="filepath",
            interactive=False,
            elem_id="strip",
        )
        self.status = gr.HTML(NO_PREVIEW)

    def _build_settings(self, recipe: Recipe) -> None:
        with gr.Column(elem_classes="scroll"):
            choices = [(_card(preset), name) for name, preset in self.presets.items()]
            self.preset = gr.Radio(choices, value=FIRST_PRESET, label="Preset", elem_id="presets")
            self.about = gr.HTML(about(self.presets[FIRST_PRESET]), elem_id="about")
            self.bound.add("prompt", recipe.prompt, lines=2)
            self.bound.add("negative_prompt", recipe.negative_prompt, lines=2)
            for spec in self._passes().values():
                with gr.Group(elem_classes="pass") as self.panels[spec.name]:
                    self._build_pass(spec)
            self.bound.add("seed", recipe.seed, elem_classes="setting")
        with gr.Row(elem_classes="foot"):
            self.render = gr.Button("Render shot", elem_id="look-render")
            self.preview_button = gr.Button("Preview frame", variant="primary", elem_id="preview")

    def _build_pass(self, spec: PassSpec) -> None:
        path = f"passes.{spec.name}"
        title = f"{spec.name.capitalize()} pass"
        self.bound.add(f"{path}.enabled", spec.enabled, label=title, info=None, elem_classes="pass-title")
        for name in PASS_SETTINGS:
            self.bound.add(
                f"{path}.{name}", getattr(spec, name), elem_classes=f"setting {name}", elem_id=f"{spec.name}-{name}"
            )
        if isinstance(spec.region, Face):
            self.bound.add(f"{path}.feather", spec.feather, placeholder="automatic", elem_classes="setting")

    def _passes(self) -> dict[str, PassSpec]:
        """The passes of all presets by name, those of the first preset first: each has one panel."""
        presets = sorted(self.presets.values(), key=lambda preset: preset.name != FIRST_PRESET)
        passes: dict[str, PassSpec] = {}
        for spec in (spec for preset in presets for spec in preset.recipe.passes):
            passes.setdefault(spec.name, spec)
        return passes

    def wire(self) -> None:
        """Connect the handlers."""
        page = self.page
        page.shot.change(
            self.reset,
            [page.shot, page.run_id],
            [self.frame, self.viewer, self.strip, self.status],
            show_progress="hidden",
        )
        self.frame.input(
            said(self.picture),
            [page.shot, self.frame],
            [self.viewer],
            show_progress="hidden",
            trigger_mode="always_last",
            queue=False,
        )
        self.preset.input(
            self.choose,
            [self.preset],
            self.recalled,
            show_progress="hidden",
            queue=False,
        )
        self.preview_button.click(
            said(self.preview),
            {page.shot, self.frame, *self.settings},
            [self.viewer, self.strip, self.made, self.status],
            show_progress_on=self.viewer,
        )
        self.strip.select(self.enlarge, [self.made], [self.viewer], show_progress="hidden", queue=False)

    def recipe(self, given: Given) -> Recipe:
        """The preset with what is set on the page. Raises RecipeError."""
        return self.bound.applied(self.presets[given[self.preset]].recipe, given)

    def reset(self, shot: Shot, run_id: str, request: gr.Request) -> tuple[Any, ...]:
        """The tab for another shot: no preview yet."""
        run = self.page.runs.find(owner_of(request), run_id)
        start = frames_of(run.job).first if run is not None and run.is_of(shot) else shot.frames.first
        return moved_to(shot.frames, start), self.picture(shot, start, request), [], NO_PREVIEW

    def picture(self, shot: Shot, frame: int, request: gr.Request) -> str:
        """One frame of the plate."""
        return self.page.pictures.keep(owner_of(request), self.page.studio.frame(shot, int(frame)))

    def choose(self, name: str) -> dict[Block, Any]:
        """The settings of a preset, and what is missing for it."""
        preset = self.presets[name]
        return {self.about: about(preset), **self._shown(preset.recipe)}

    def recall(self, run_id: str, request: gr.Request) -> Any:
        """The settings of this browser's newest render, so that a reloaded page shows what is at work."""
        run = self.page.runs.find(owner_of(request), run_id)
        if run is None:
            return gr.skip()
        recipe = recipe_of(run.job)
        titles = {preset.recipe.title: name for name, preset in self.presets.items()}
        name = titles.get(recipe.title, FIRST_PRESET)
        return {self.preset: name, self.about: about(self.presets[name]), **self._shown(recipe)}

    def preview(self, given: Given, request: gr.Request) -> tuple[Any, ...]:
        """Render the chosen frame and show every picture of it."""
        owner = owner_of(request)
        shot, frame, started = given[self.page.shot], int(given[self.frame]), time.monotonic()
        order = Order(shot, self.recipe(given), FrameRange(frame, frame), self.page.studio.home)
        made = self.page.studio.preview(order, Progress())
        took = f"{time.monotonic() - started:.1f} s · {order.recipe.title}"
        pictures = [(self.page.pictures.keep(owner, picture), caption) for picture, caption in strip_of(made)]
        strip = gr.Gallery(pictures, selected_index=len(pictures) - 1)
        return pictures[-1][0], strip, [path for path, _ in pictures], preview_note(made, took)

    def enlarge(self, made: list[str], chosen: gr.SelectData) -> str:
        """The picture that was clicked in the strip."""
        return made[int(chosen.index)]

    def _shown(self, recipe: Recipe) -> dict[Block, Any]:
        names = {spec.name for spec in recipe.passes}
        panels = {panel: gr.Group(visible=name in names) for name, panel in self.panels.items()}
        return {**self.bound.shown(recipe), **panels}


def about(preset: PresetStatus) -> str:
    """What a preset is for, and what is missing for it."""
    reasons = notice("Not ready", " ".join(preset.missing), "warn") if preset.missing else ""
    return f'<p class="quiet">{escape(preset.recipe.note)}</p>{reasons}'


def strip_of(made: Preview) -> list[tuple[Picture, str]]:
    """Every picture of a preview with its caption: plate, controls, mattes, layers, result."""
    controls = [
        (picture, f"{name}: {KINDS[kind]}") for name, kinds in made.controls.items() for kind, picture in kinds.items()
    ]
    mattes = [(picture, matte_caption(name)) for name, picture in made.mattes.items()]
    layers = [(picture, f"{name} layer") for name, picture in made.layers.items()]
    return [(made.plate, "plate"), *controls, *mattes, *layers, (made.result, "result")]


def matte_caption(name: str) -> str:
    """What a matte is called: `face`, or `face.2` for that of one person among several."""
    pass_name, _, person = name.partition(".")
    return f"{pass_name} matte" + (f", person {person}" if person else "")


def preview_note(made: Preview, took: str) -> str:
    """What was previewed, how long it took, and which pass had nothing to do."""
    left_alone = [name for name in made.controls if name not in made.layers]
    text = "".join(f" · no face in this frame for the {name} pass" for name in left_alone)
    return notice(f"Preview of frame {made.frame:04d}", took + text, "ok")


def _card(preset: PresetStatus) -> str:
    return preset.recipe.title if not preset.missing else f"{preset.recipe.title} (not ready)"
