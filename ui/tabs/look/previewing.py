"""The part of the tab that previews one frame: asked for, followed, shown, measured."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from pipeline.frames import FrameRange
from pipeline.recipe.recipe import Recipe
from ui.bind import Given
from ui.live import Followed, told_live
from ui.page import gallery, owner_of
from ui.tabs.look.preview import (
    ALL,
    PARTS,
    Piece,
    at_work,
    chosen,
    figures_in_words,
    foremost,
    pictures_of,
    preview_note,
)

if TYPE_CHECKING:
    from ui.tabs.look.tab import LookTab


ASKED = at_work(0, None).replace("0000", "${String(frame).padStart(4, '0')}")
AT_ONCE = f"frame => `{ASKED}`"
"""Says in the browser itself that the click has arrived, however busy the server is."""


@dataclass(frozen=True)
class Last:
    """The newest preview: with which recipe, of which frame, what was said of it, and its result for the browser."""

    recipe: Recipe
    frame: int
    told: str
    result: str


class Previewing:
    """What is kept of previews, the small pictures under the large one, and the handlers."""

    def __init__(self) -> None:
        self.made, self.last = gr.State([]), gr.State(None)

    def build(self) -> None:
        """The small pictures: all of them, or those of one part, each to be shown large."""
        self.part = gr.Radio(PARTS, value=ALL, show_label=False, elem_id="part", elem_classes="chips")
        self.strip = gallery("strip", 12, rows=1)

    def wire(self, look: LookTab) -> None:
        """Connect the handlers. Preview pressed while the one before is still measured counts once that is done."""
        self.look = look
        look.preview_button.click(None, [look.frame], [look.status], js=AT_ONCE, queue=False, show_progress="hidden")
        look.preview_button.click(
            told_live(self.preview),
            {look.page.shot, look.frame, self.last, self.part, *look.settings},
            [look.viewer, look.sheet, look.painting.place, self.strip, self.made, look.status, self.last],
            show_progress="hidden",
            concurrency_limit=8,
            trigger_mode="always_last",
        )
        quiet = {"queue": False, "show_progress": "hidden"}
        self.part.input(self.only, [self.made, self.part], [look.viewer, self.strip], **quiet)
        self.strip.select(self.enlarge, [self.made, self.part], [look.viewer], **quiet)

    def preview(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """Render the chosen frame and show every picture of it; then what one frame can say of the acting."""
        look, owner, before = self.look, owner_of(request), given[self.last]
        shot, frame, recipe = given[look.page.shot], int(given[look.frame]), look.recipe(given)
        yield {look.status: at_work(frame, None)}
        from pipeline.measure.aids import FaceModels
        from pipeline.measure.still import measure_still

        studio, took = look.page.studio, 0.0
        order = studio.renders.order(owner, shot, recipe, FrameRange(frame, frame))
        work = Followed(lambda progress: studio.preview(order, progress))
        for beat in work:
            took = beat.seconds
            yield {look.status: at_work(frame, beat)}
        made = work.made()
        keep = look.page.pictures.keep
        pieces = [Piece(part, caption, keep(owner, picture)) for part, caption, picture in pictures_of(made)]
        last = Last(recipe, frame, f"{took:.1f} s · {recipe.title}", pieces[-1].path)
        if before is not None and before.frame == frame and before.result != last.result:
            pieces.insert(-1, Piece("result", "result before", before.result))
        viewer, strip = self.only(pieces, given[self.part])
        yield {
            look.viewer: viewer,
            look.sheet: gr.Gallery(visible=False),
            look.painting.place: gr.Column(visible=False),
            self.strip: strip,
            self.made: pieces,
            look.status: preview_note(made, last.told),
            self.last: last,
        }
        models = FaceModels.among(studio.models)
        last = replace(last, told=f"{last.told} · {figures_in_words(measure_still(made.plate, made.result, models))}")
        yield {look.status: preview_note(made, last.told), self.last: last}

    def only(self, made: list[Piece], part: str) -> tuple[Any, Any]:
        """The pictures of one part, and one of them large; the viewer stays as it is where there are none."""
        pieces = chosen(made, part)
        if not pieces:
            return gr.skip(), gr.Gallery([], selected_index=None)
        first = foremost(pieces, part)
        strip = gr.Gallery([(piece.path, piece.caption) for piece in pieces], selected_index=first)
        return gr.Image(pieces[first].path, visible=True), strip

    def enlarge(self, made: list[Piece], part: str, clicked: gr.SelectData) -> str:
        """The picture that was clicked in the strip."""
        return chosen(made, part)[int(clicked.index)].path
