"""The part of the tab that paints mattes: onto that of a pass, to correct it, or a patch for a pass of its own."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from pipeline.errors import PhotoplayError
from pipeline.frames import FrameRange, Mask
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.regions import CorrectionMode
from ui.bind import Given
from ui.live import Followed, told_live
from ui.page import owner_of
from ui.say import notice, said
from ui.tabs.look.strokes import (
    ADD,
    PATCH,
    REMOVE,
    SHEER,
    corrections_of,
    mattes_of,
    painted_in,
    with_corrections,
    with_matte,
    with_patch,
)
from ui.theme import VIEWER

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from ui.tabs.look.tab import LookTab

NEW = ""
"""In the place of a pass's name: a patch of its own."""
HELP = '<p class="quiet">Blue adds to the matte, red takes away from it; the eraser wipes out strokes. What is painted \
follows the face it lies in, or the motion of the picture, over these frames and up to the next cut.</p>'
DARK = f"""
Object.defineProperty(globalThis, "__PIXI_APP__", {{
  configurable: true,
  set(drawn) {{
    const init = drawn.init.bind(drawn);
    drawn.init = (options) => init({{ ...options, backgroundColor: "{VIEWER}" }});
  }},
}});
"""
"""The editor's surround in the page's own grey: Gradio makes it white wherever the system asks for light pages, and
tells of its canvas under this name before it is made."""


@dataclass(frozen=True)
class Begun:
    """A painting in the editor. onto: the pass whose matte it is, or NEW."""

    onto: str
    frame: int


class Painting:
    """The controls and handlers."""

    def __init__(self) -> None:
        self.begun = gr.State(None)

    def build(self) -> None:
        """The controls beside the picture."""
        with gr.Accordion("Paint a matte", open=False, elem_classes="folded", elem_id="painting"):
            gr.HTML(HELP)
            self.onto = gr.Dropdown([("a patch of its own", NEW)], value=NEW, label="Paint", elem_id="paint-onto")
            with gr.Row():
                self.begin = gr.Button("Paint on this frame", size="sm", elem_id="paint", min_width=120)
                self.use = gr.Button("Use this matte", size="sm", elem_id="use-matte", interactive=False, min_width=120)
            with gr.Row():
                self.first = gr.Number(0, label="From frame", precision=0, minimum=0, min_width=80)
                self.last = gr.Number(0, label="To frame", precision=0, minimum=0, min_width=80)
            self.undo = gr.Button("Take back the last correction", size="sm", elem_id="undo-paint")

    def build_editor(self) -> None:
        """Where the matte is painted, in place of the viewer."""
        with gr.Column(visible=False, elem_classes="editor") as self.place:
            self.editor = gr.ImageEditor(
                type="numpy",
                sources=(),
                transforms=(),
                layers=False,
                brush=gr.Brush(colors=[(ADD, SHEER), (REMOVE, SHEER)], color_mode="fixed", default_size=24),
                eraser=gr.Eraser(default_size=24),
                show_label=False,
                interactive=True,
                height="60vh",
                elem_id="matte-editor",
            )
        gr.HTML(js_on_load=DARK, visible="hidden")

    def wire(self, look: LookTab) -> None:
        """Connect the handlers."""
        self.look = look
        begun = [*look.panes, self.editor, self.use, self.first, self.last, self.begun, look.status]
        given = {look.page.shot, look.frame, self.onto, *look.settings}
        live = {"show_progress": "hidden", "concurrency_limit": 4}
        self.begin.click(told_live(self.start), given, begun, **live)
        given = {look.page.shot, self.begun, self.editor, self.first, self.last, *look.settings}
        used = [*look.recalled, *look.panes, self.use, self.begun, look.status]
        self.use.click(said(self.take), given, used, show_progress="hidden")
        self.undo.click(
            said(self.take_back), {self.onto, *look.settings}, [*look.recalled, look.status], show_progress="hidden"
        )

    def choices(self, recipe: Recipe) -> gr.Dropdown:
        """What of a recipe can be painted, the newest correction's pass first."""
        named = [(f"onto the {name} matte", name) for name in mattes_of(recipe)]
        corrected = [name for _, name in named if corrections_of(recipe, name)]
        return gr.Dropdown([("a patch of its own", NEW), *named], value=corrected[-1] if corrected else NEW)

    def start(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """The frame with the matte as it is, ready to be painted on, and the frames of its set-up."""
        look, owner, onto = self.look, owner_of(request), str(given[self.onto])
        shot, frame, matte = given[look.page.shot], int(given[look.frame]), None
        studio = look.page.studio
        if onto != NEW:
            there, recipe = studio.mattes.at_hand(owner, shot), look.recipe(given)
            work = Followed(lambda progress: studio.mattes.shown(there, recipe, onto, frame, progress))
            for beat in work:
                yield {look.status: notice(f"The {onto} matte of frame {frame:04d}", f"{beat.seconds:.0f} s")}
            matte = work.made()
        yield self._opened(Begun(onto, frame), matte, shot, owner)

    def _opened(self, begun: Begun, matte: Mask | None, shot: Shot, owner: str) -> dict[Block, Any]:
        look, studio = self.look, self.look.page.studio
        sight = studio.sights.known(shot)
        setups = [setup.frames for setup in sight.setups] if sight is not None else [shot.frames]
        frames = next(setup for setup in setups if begun.frame in setup)
        picture = look.page.pictures.keep(owner, with_matte(studio.frame(shot, begun.frame), matte))
        told = "A pass of its own works there." if begun.onto == NEW else "The veil is its matte as it is now."
        return {
            look.viewer: gr.Image(visible=False),
            look.sheet: gr.Gallery(visible=False),
            self.place: gr.Column(visible=True),
            self.editor: {"background": picture, "layers": [], "composite": None},
            self.use: gr.Button(interactive=True),
            self.first: frames.first,
            self.last: frames.last,
            self.begun: begun,
            look.status: notice(f"Paint on frame {begun.frame:04d}", told),
        }

    def take(self, given: Given, request: gr.Request) -> dict[Block, Any]:
        """Keep what was painted: as corrections of a pass's matte, or as a patch with a pass of its own."""
        look, owner, begun = self.look, owner_of(request), given[self.begun]
        if begun is None:
            raise PhotoplayError("Nothing is painted yet.", "Choose what to paint, and paint on a frame.")
        shot, recipe = given[look.page.shot], look.recipe(given)
        frames = FrameRange(int(given[self.first]), int(given[self.last]))
        if begun.frame not in frames:
            raise PhotoplayError(f"Frame {begun.frame} is not among {frames.first}-{frames.last}.", "Widen them.")
        added, removed = painted_in(given[self.editor], shot.width, shot.height)
        mattes = look.page.studio.mattes
        if begun.onto == NEW:
            _, region = mattes.keep(owner, shot, added, begun.frame, frames)
            recipe, told = with_patch(recipe, region), f"The pass {PATCH} works there"
        else:
            edits: list[tuple[CorrectionMode, Mask]] = [("add", added), ("remove", removed)]
            found = [mattes.correct(owner, shot, edit, begun.frame, frames) for edit in edits if edit[1].any()]
            recipe = with_corrections(recipe, begun.onto, (*corrections_of(recipe, begun.onto), *found))
            told = f"The {begun.onto} matte is corrected"
        return {
            **look.showing(owner, "", recipe),
            look.viewer: gr.Image(visible=True),
            self.place: gr.Column(visible=False),
            self.use: gr.Button(interactive=False),
            self.begun: None,
            look.status: notice("Matte kept", f"{told}, frames {frames.first}-{frames.last}.", "ok"),
        }

    def take_back(self, given: Given, request: gr.Request) -> dict[Block, Any]:
        """The recipe without the newest correction of the chosen pass."""
        name, recipe = str(given[self.onto]), self.look.recipe(given)
        corrections = corrections_of(recipe, name)
        if not corrections:
            raise PhotoplayError("There is no correction to take back.", "Choose the matte that was corrected.")
        changed = with_corrections(recipe, name, left := corrections[:-1])
        told = f"{len(left)} of the {name} matte are left." if left else f"The {name} matte is as it was found."
        return self.look.showing(owner_of(request), "", changed) | {self.look.status: notice("Taken back", told, "ok")}
