"""The part of the tab where clips and picture sequences come in, and where it asks what the pictures do not say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipeline.clip.pictures import listed
from pipeline.clip.shot import Shot
from pipeline.errors import RefusedFile
from pipeline.recipe.footage import Footage, footage_with
from ui.page import owner_of
from ui.say import notice, said
from workspaces.sequences import Arrived

if TYPE_CHECKING:
    from ui.tabs.shot.tab import ShotTab

MISSING = [("Refuse", "error"), ("Hold the frame before", "hold"), ("Black", "black")]
"""What a missing frame becomes, in the page's words."""
USUAL_RATE = "24"


class Arriving:
    """Its controls and handlers."""

    def __init__(self) -> None:
        self.arrived = gr.State(None)
        self.drop = gr.File(show_label=False, height=84, file_count="multiple", elem_id="drop")
        with gr.Group(visible=False, elem_classes="pass") as self.asked:
            self.told = gr.HTML(elem_id="asked")
            self.rate = gr.Textbox(USUAL_RATE, label="Frames a second", max_lines=1, elem_id="rate")
            self.missing = gr.Radio(MISSING, value="error", label="A missing frame", elem_id="missing")
            self.use = gr.Button("Open the sequence", variant="primary", elem_id="open-sequence")

    def wire(self, tab: ShotTab) -> None:
        """Connect the handlers."""
        self.page = tab.page
        shown = [tab.page.shot, self.arrived]
        dropped = self.drop.upload(said(self.open), [self.drop], shown, show_progress="minimal")
        dropped.then(lambda: None, None, [self.drop], queue=False)
        asked = [self.asked, self.told, self.rate, self.missing]
        self.arrived.change(self.ask, [self.arrived], asked, show_progress="hidden")
        given = [self.arrived, self.rate, self.missing]
        self.use.click(said(self.take), given, shown, show_progress="minimal")

    def open(self, paths: list[str], request: gr.Request) -> tuple[Any, Arrived | None]:
        """The uploaded clip or pictures as the page's shot; or the pictures alone, while something has to be asked."""
        made = self.page.studio.rooms.hand_in(owner_of(request), [Path(path) for path in paths])
        return (made, None) if isinstance(made, Shot) else (gr.skip(), made)

    def ask(self, arrived: Arrived | None) -> tuple[Any, ...]:
        """What has arrived, and the questions that its files leave open."""
        if arrived is None:
            return gr.Group(visible=False), "", gr.skip(), gr.skip()
        unsaid = arrived.rate is None
        return (
            gr.Group(visible=True),
            told(arrived),
            gr.Textbox(USUAL_RATE if unsaid else "", visible=unsaid),
            gr.Radio(value="error", visible=bool(arrived.gaps)),
        )

    def take(self, arrived: Arrived | None, rate: str, missing: str, request: gr.Request) -> tuple[Shot, None]:
        """The sequence as the page's shot, read as was answered."""
        if arrived is None:
            raise RefusedFile("No pictures wait to be opened.", "Drop them first.")
        return self.page.studio.rooms.open_arrived(owner_of(request), arrived, answered(rate, missing)), None


def answered(rate: str, missing: str) -> Footage:
    """How a sequence is to be read. An emptied rate is the files' own. Raises RecipeError."""
    return footage_with([f"missing={missing}"] + ([f"rate={rate.strip()}"] if rate.strip() else []))


def told(arrived: Arrived) -> str:
    """What has arrived, as HTML."""
    words = [f"{arrived.count} pictures, numbers {arrived.first} to {arrived.last}."]
    if arrived.gaps:
        verb = "is" if len(arrived.gaps) == 1 else "are"
        words.append(f"{len(arrived.gaps)} {verb} missing: {listed(arrived.gaps)}. Choose what is shown there.")
    if arrived.rate is None:
        words.append("The files do not say how many frames a second they are.")
    return notice(arrived.label, " ".join(words), "warn" if arrived.gaps else "")
