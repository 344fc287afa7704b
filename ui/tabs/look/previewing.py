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
from ui.page import owner_of
from ui.tabs.look.preview import at_work, figures_in_words, preview_note, strip_of

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
    """What is kept of previews, and the handlers."""

    def __init__(self) -> None:
        self.made, self.last = gr.State([]), gr.State(None)

    def wire(self, look: LookTab) -> None:
        """Connect the handlers. Preview pressed while the one before is still measured counts once that is done."""
        self.look = look
        look.preview_button.click(None, [look.frame], [look.status], js=AT_ONCE, queue=False, show_progress="hidden")
        look.preview_button.click(
            told_live(self.preview),
            {look.page.shot, look.frame, self.last, *look.settings},
            [look.viewer, look.sheet, look.strip, self.made, look.status, self.last],
            show_progress="hidden",
            concurrency_limit=8,
            trigger_mode="always_last",
        )
        look.strip.select(self.enlarge, [self.made], [look.viewer], queue=False, show_progress="hidden")

    def preview(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """Render the chosen frame and show every picture of it; then what one frame can say of the acting."""
        look, owner, before = self.look, owner_of(request), given[self.last]
        shot, frame, recipe = given[look.page.shot], int(given[look.frame]), look.recipe(given)
        yield {look.status: at_work(frame, None)}
        from pipeline.measure.still import measure_still
        from pipeline.render import Order

        studio, took = look.page.studio, 0.0
        order = Order(studio.mattes.at_hand(owner, shot), recipe, FrameRange(frame, frame), studio.home)
        work = Followed(lambda progress: studio.preview(order, progress))
        for beat in work:
            took = beat.seconds
            yield {look.status: at_work(frame, beat)}
        made = work.made()
        pictures = [(look.page.pictures.keep(owner, picture), caption) for picture, caption in strip_of(made)]
        last = Last(recipe, frame, f"{took:.1f} s · {recipe.title}", pictures[-1][0])
        if before is not None and before.frame == frame and before.result != last.result:
            pictures.insert(-1, (before.result, "result before"))
        yield {
            look.viewer: gr.Image(last.result, visible=True),
            look.sheet: gr.Gallery(visible=False),
            look.strip: gr.Gallery(pictures, selected_index=len(pictures) - 1),
            self.made: [path for path, _ in pictures],
            look.status: preview_note(made, last.told),
            self.last: last,
        }
        last = replace(last, told=f"{last.told} · {figures_in_words(measure_still(made.plate, made.result))}")
        yield {look.status: preview_note(made, last.told), self.last: last}

    def enlarge(self, made: list[str], chosen: gr.SelectData) -> str:
        """The picture that was clicked in the strip."""
        return made[int(chosen.index)]
