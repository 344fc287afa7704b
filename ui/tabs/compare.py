"""Compare: plate and render side by side in motion, a wipe on one exact frame, the figures, and the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import gradio as gr

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.files import atomic
from pipeline.frames import FrameRange
from pipeline.version import OutFolder
from studio import out_of
from ui.figures import table_of
from ui.page import Page, frame_slider, moved_to
from ui.say import notice, said
from ui.tabs.render import RenderTab

EMPTY = notice("Nothing to compare yet", "Render the shot: it appears here beside its plate.")


@dataclass(frozen=True)
class Pair:
    """What is compared. Frame 0 of the render shows frame `frames.first` of the plate."""

    plate: Shot
    render: Shot
    frames: FrameRange


class CompareTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.pair = page, gr.State(None)
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self.mode = gr.Radio(["Play", "Wipe"], value="Play", show_label=False, elem_id="mode")
                self.video = gr.Video(show_label=False, interactive=False, buttons=[], elem_id="before-after")
                with gr.Column(visible=False, elem_classes="wiping") as self.wiping:
                    self.wipe = gr.ImageSlider(
                        show_label=False, interactive=False, format="png", buttons=[], elem_id="wipe"
                    )
                    self.frame = frame_slider("wipe-frame")
            with gr.Column(elem_classes="side wide"):
                self.about = gr.HTML(EMPTY, elem_id="figures")
                self.files = gr.File(
                    label="Files", file_count="multiple", interactive=False, visible=False, elem_id="files"
                )

    def wire(self, render: RenderTab) -> None:
        """Connect the handlers. A render that has ended is shown, also when the page was reloaded meanwhile."""
        page = self.page
        shown = [self.pair, self.about, self.video, self.frame, self.wipe, self.files]
        render.outcome.change(said(self.show), [page.run_id], shown, show_progress="hidden")
        self.mode.change(self.turn, [self.mode], [self.video, self.wiping], queue=False, show_progress="hidden")
        self.frame.input(
            said(self.pictures),
            [self.pair, self.frame],
            [self.wipe],
            show_progress="hidden",
            trigger_mode="always_last",
            queue=False,
        )

    def show(self, run_id: str) -> tuple[Any, ...]:
        """Everything of a finished render; until there is one the tab stays as it is."""
        run = self.page.runs.find(run_id)
        if run is None or run.job.state != "done":
            return (gr.skip(),) * 6
        order, out = self.page.studio.order_of(run.job), OutFolder(out_of(run.job))
        frames = order.frames
        pair = Pair(order.shot, probe(out.render), frames)
        measured = json.loads(out.measurements.read_text(encoding="utf-8"))
        heading = f'<p class="heading"><b>{out.path.name}</b> of {escape(pair.plate.plate.name)}</p>'
        frame = moved_to(frames, frames.first)
        files = gr.File([str(path) for path in downloads(out)], visible=True)
        return (
            pair,
            heading + table_of(measured),
            str(out.before_after),
            frame,
            self.pictures(pair, frames.first),
            files,
        )

    def turn(self, mode: str) -> tuple[Any, ...]:
        """Show the movie or the wipe."""
        wipe = mode == "Wipe"
        return gr.Video(visible=not wipe), gr.Column(visible=wipe)

    def pictures(self, pair: Pair, frame: int) -> tuple[str, str]:
        """The same frame of plate and render."""
        number = int(frame)
        plate, render = read_frame(pair.plate, number), read_frame(pair.render, number - pair.frames.first)
        return self.page.pictures.keep(plate.pixels), self.page.pictures.keep(render.pixels)


def downloads(out: OutFolder) -> list[Path]:
    """The files of a version that one takes along; the mattes as one archive. Raises OutputError."""
    files = [out.render, out.before_after, out.manifest, out.measurements]
    mattes = sorted((out.path / "mattes").rglob("*.png"))
    if not mattes:
        return files
    archive = out.path / "mattes.zip"
    with atomic(archive) as part, ZipFile(part, "w", ZIP_STORED) as pack:
        for matte in mattes:
            pack.write(matte, matte.relative_to(out.path))
    return [*files, archive]
