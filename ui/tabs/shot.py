"""Shot: drop a clip, see what it is, choose its frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from studio import frames_of
from ui.page import Page, frame_slider, moved_to, viewer
from ui.say import facts, notice, said

SAMPLE = Path(__file__).parents[2] / "samples" / "interview" / "plate.mp4"
WELCOME = notice("This is the sample shot", "Choose a look and render it, or drop your own clip.")


class ShotTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self.viewer = viewer()
                self.frame = frame_slider("shot-frame")
            with gr.Column(elem_classes="side wide"):
                self.notice = gr.HTML(WELCOME)
                self.drop = gr.File(show_label=False, height=84, elem_id="drop")
                self.facts = gr.HTML()
                with gr.Row():
                    self.first = gr.Number(0, label="First frame", precision=0, minimum=0, min_width=80)
                    self.last = gr.Number(0, label="Last frame", precision=0, minimum=0, min_width=80)
                self.next = gr.Button("Choose a look", variant="primary")

    def wire(self) -> None:
        """Connect the handlers."""
        page = self.page
        given = self.drop.upload(said(self.open), [self.drop], [page.shot], show_progress="minimal")
        given.then(lambda: None, None, [self.drop], queue=False)
        page.shot.change(
            said(self.show),
            [page.shot, page.run_id],
            [self.notice, self.facts, self.viewer, self.frame, self.first, self.last],
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
        self.next.click(lambda: gr.Tabs(selected="look"), None, [page.tabs], queue=False)

    def open(self, path: str) -> Shot:
        """The uploaded clip as the page's shot."""
        return self.page.studio.shot(Path(path))

    def show(self, shot: Shot, run_id: str) -> tuple[Any, ...]:
        """Everything on this tab for a shot; after a reload with the frames of the render that is at work."""
        run = self.page.runs.find(run_id)
        frames = frames_of(run.job) if run is not None and run.is_of(shot) else shot.frames
        frame = moved_to(shot.frames, frames.first)
        welcome = gr.HTML(visible=shot.plate == SAMPLE)
        return welcome, facts(shot), self.picture(shot, frames.first), frame, frames.first, frames.last

    def picture(self, shot: Shot, frame: int) -> str:
        """One frame of the plate."""
        return self.page.pictures.keep(read_frame(shot, int(frame)).pixels)
