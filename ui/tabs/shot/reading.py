"""The part of the tab that says how a picture sequence is read, and reads it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from pipeline.clip.shot import Shot
from ui.page import owner_of
from ui.say import said
from ui.tabs.shot.arriving import MISSING, answered

if TYPE_CHECKING:
    from ui.tabs.shot.tab import ShotTab


class Reading:
    """Its controls and handlers."""

    def __init__(self) -> None:
        with gr.Accordion(visible=False, open=False, elem_classes="folded", elem_id="reading") as self.folded:
            self.rate = gr.Textbox(label="Frames a second", max_lines=1, elem_id="read-rate")
            self.missing = gr.Radio(MISSING, label="A missing frame", elem_id="read-missing")
            self.read = gr.Button("Read it so", size="sm", elem_id="read-so")

    def wire(self, tab: ShotTab) -> None:
        """Connect the handlers."""
        self.page = page = tab.page
        page.shot.change(self.shown, [page.shot], [self.folded, self.rate, self.missing], show_progress="hidden")
        given = [page.shot, self.rate, self.missing]
        self.read.click(said(self.reread), given, [page.shot], show_progress="minimal")

    def shown(self, shot: Shot) -> tuple[Any, ...]:
        """How a sequence is read now; nothing for a clip."""
        if shot.pictures is None:
            return gr.Accordion(visible=False), gr.skip(), gr.skip()
        gaps = bool(shot.pictures.files.gaps)
        return (
            gr.Accordion(label=head_of(shot), visible=True),
            gr.Textbox(shot.footage.rate or "", placeholder="as the files say, or else 24"),
            gr.Radio(value=shot.footage.missing, visible=gaps),
        )

    def reread(self, shot: Shot, rate: str, missing: str, request: gr.Request) -> Shot:
        """The page's shot, read as is chosen here."""
        return self.page.studio.attachments.read_sequence(owner_of(request), shot, answered(rate, missing))


def head_of(shot: Shot) -> str:
    """How a sequence is read, in a line."""
    words = {value: word.lower() for word, value in MISSING}
    gaps = shot.pictures is not None and shot.pictures.files.gaps
    missing = f", a missing frame: {words[shot.footage.missing]}" if gaps else ""
    return f"Read at {float(shot.rate):.6g} frames a second{missing}"
