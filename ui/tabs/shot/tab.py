"""The tab: what is on it, and handlers of a few lines that read, call a studio verb and show."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from studio import SAMPLES
from ui.bind import Given
from ui.film.component import Strip
from ui.page import Page, frame_slider, moved_to, owner_of, viewer
from ui.say import facts, notice, room_of, said
from ui.tabs.shot.arriving import Arriving
from ui.tabs.shot.beside import Beside
from ui.tabs.shot.reading import Reading
from ui.tabs.shot.strip import Filmstrip, with_range
from verbs.orders import frames_of, plate_of
from workspaces.shots import ShotFolder

SAMPLE = SAMPLES / "interview" / "plate.mp4"
WELCOME = notice("This is the sample shot", "Render it as it is, or drop your own clip.")
DELETE, SURE = "Delete this shot", "Delete it and its versions for good"


class ShotTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self.viewer = viewer()
                self.frame = frame_slider("shot-frame")
                self.strip = Filmstrip()
            with gr.Column(elem_classes="side wide"):
                self._build_side()

    def _build_side(self) -> None:
        self.notice = gr.HTML(WELCOME)
        self.arriving = Arriving()
        self.earlier = gr.Dropdown([], label="Your shots", visible=False, elem_id="shots")
        self.facts = gr.HTML()
        self.reading = Reading()
        with gr.Row():
            self.first = gr.Number(0, label="First frame", precision=0, minimum=0, min_width=80)
            self.last = gr.Number(0, label="Last frame", precision=0, minimum=0, min_width=80)
        with gr.Row():
            self.render = gr.Button("Render shot", elem_id="shot-render", min_width=120)
            self.next = gr.Button("Choose a look", variant="primary", min_width=120)
        self.strip.build_side()
        self.beside = Beside()
        self.room = gr.HTML(elem_id="room")
        self.remove = gr.Button(DELETE, size="sm", visible=False, elem_id="remove")

    def wire(self) -> None:
        """Connect the handlers."""
        page = self.page
        self.earlier.input(said(self.reopen), [self.earlier], [page.shot], show_progress="hidden")
        given = [self.remove, self.earlier]
        self.remove.click(said(self.delete), given, [page.shot, self.remove], show_progress="hidden")
        shown = [self.notice, self.facts, self.viewer, self.frame, self.first, self.last]
        known = {page.shot, page.run_id, self.strip.strip, self.first, self.last}
        page.shot.change(said(self.show), known, shown, show_progress="hidden")
        kept = [self.earlier, self.remove, self.room]
        page.shot.change(self.kept, [page.shot], kept, show_progress="hidden")
        self.next.click(lambda: gr.Tabs(selected="look"), None, [page.tabs], queue=False)
        for part in (self.arriving, self.reading, self.strip, self.beside):
            part.wire(self)

    def welcome(self, run_id: str, request: gr.Request) -> Shot:
        """The shot of a page that was just opened, with what is kept with it now: its newest render's, or the sample.

        The sample it is also when the clip of that render is gone.
        """
        owner, studio = owner_of(request), self.page.studio
        run = self.page.runs.find(owner, run_id)
        if run is not None and plate_of(run.job).is_file():
            return studio.rooms.as_kept(owner, studio.renders.shot_of(run.job))
        return self.sample(owner)

    def sample(self, owner: str) -> Shot:
        """The sample shot, with what its owner keeps with it."""
        return self.page.studio.rooms.as_kept(owner, self.page.studio.shot(SAMPLE))

    def reopen(self, shot_id: str, request: gr.Request) -> Shot:
        """An earlier shot as the page's shot."""
        return self.page.studio.rooms.open_shot(owner_of(request), shot_id)

    def delete(self, asked: str, shot_id: str, request: gr.Request) -> tuple[Any, Any]:
        """Ask first; the second click deletes the shot, and the page turns to the sample."""
        if asked == DELETE:
            return gr.skip(), gr.Button(SURE, variant="stop")
        self.page.studio.renders.remove_shot(owner_of(request), shot_id)
        return self.sample(owner_of(request)), gr.skip()

    def kept(self, shot: Shot, request: gr.Request) -> tuple[Any, ...]:
        """The owner's shots, with the page's own chosen if it is one of them, and how much room is used."""
        owner = owner_of(request)
        shots = self.page.studio.shots(owner)
        chosen = next((kept.id for kept in shots if kept.plate == shot.plate), None)
        choices = [(label_of(kept), kept.id) for kept in shots]
        return (
            gr.Dropdown(choices, value=chosen, visible=bool(shots)),
            gr.Button(DELETE, variant="secondary", visible=chosen is not None),
            room_of(self.page.studio.rooms.usage(owner)),
        )

    def show(self, given: Given, request: gr.Request) -> tuple[Any, ...]:
        """Everything on this tab for a shot; after a reload with the frames of the render that is at work.

        Where only what is kept with the shot has changed since the filmstrip was drawn, the chosen frames stay.
        """
        shot: Shot = given[self.page.shot]
        before: Strip | None = given[self.strip.strip]
        frames = self.frames(shot, given[self.page.run_id], owner_of(request))
        first, last, at = frames.first, frames.last, frames.first
        if before is not None and before.shot == shot.key:
            (first, last), at = with_range(before, given[self.first], given[self.last]).chosen, before.at
        welcome, frame = gr.HTML(visible=shot.plate == SAMPLE), moved_to(shot.frames, at)
        return welcome, facts(shot), self.picture(shot, at, request), frame, first, last

    def frames(self, shot: Shot, run_id: str, owner: str) -> FrameRange:
        """The frames of this browser's newest render, where it is of this shot, or all of them."""
        run = self.page.runs.find(owner, run_id)
        return frames_of(run.job) if run is not None and run.is_of(shot) else shot.frames

    def picture(self, shot: Shot, frame: int, request: gr.Request, numbers: bool = False) -> str:
        """One frame of the plate, with the people numbered where that is wanted."""
        sights = self.page.studio.sights
        pixels = sights.numbered(shot, int(frame)) if numbers else self.page.studio.frame(shot, int(frame))
        return self.page.pictures.keep(owner_of(request), pixels)


def label_of(kept: ShotFolder) -> str:
    """An earlier shot in the list: its name and when it was handed in."""
    return f"{kept.record.name}, {time.strftime('%Y-%m-%d %H:%M', time.localtime(kept.record.created))}"
