"""The part of the tab that suggests strengths: a second of the shot at a handful of them, measured, with the curves."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from pipeline.frames import FrameRange
from ui.bind import Given
from ui.live import Followed, told_live
from ui.page import owner_of
from ui.say import notice

if TYPE_CHECKING:
    from ui.tabs.look.tab import LookTab
    from ui.tabs.shot import ShotTab

WHY = (
    "Renders the liveliest second of the chosen frames at a handful of strengths, and takes what changes most for the \
acting that it costs."
)


class Suggesting:
    """The button and its handler."""

    def __init__(self) -> None:
        self.button = gr.Button("Suggest", elem_id="suggest", min_width=90)

    def wire(self, look: LookTab, shot: ShotTab) -> None:
        """Connect the handler. The frames are those chosen under Shot."""
        self.look, self.shot = look, shot
        given = {look.page.shot, shot.first, shot.last, *look.settings}
        self.button.click(
            told_live(self.suggest),
            given,
            [*look.recalled, look.viewer, look.sheet, look.status],
            show_progress="hidden",
            concurrency_limit=4,
        )

    def suggest(self, given: Given, request: gr.Request) -> Generator[dict[Block, Any], None, None]:
        """Try, measure, choose: the strengths are taken over, and the viewer shows what they were chosen from."""
        look, owner = self.look, owner_of(request)
        yield {look.status: notice("Suggest settings", f"asked for · {WHY}")}
        studio, frames = look.page.studio, FrameRange(int(given[self.shot.first]), int(given[self.shot.last]))
        order = studio.renders.order(owner, given[look.page.shot], look.recipe(given), frames)
        work = Followed(lambda progress: studio.suggest(order, progress))
        for beat in work:
            step = "" if beat.step is None else f" · {beat.step.stage} {beat.step.done} of {beat.step.total}"
            yield {look.status: notice("Suggest settings", f"{beat.seconds:.0f} s{step}")}
        made = work.made()
        told = ", ".join(
            f"{spec.name} {spec.denoising_strength:g}" for spec in made.recipe.active_passes if spec.denoising_strength
        )
        yield {
            **look.showing(owner, "", made.recipe),
            look.viewer: gr.Image(look.page.pictures.keep(owner, made.picture()), visible=True),
            look.sheet: gr.Gallery(visible=False),
            look.status: notice("Suggested", f"{told} · tried on frames {made.frames.first}-{made.frames.last}", "ok"),
        }
