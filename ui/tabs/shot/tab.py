"""The tab: what is on it, and handlers of a few lines that read, call a studio verb and show."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from pipeline.clip.shot import Shot
from pipeline.errors import RefusedFile
from pipeline.frames import FrameRange
from pipeline.recipe.footage import AS_FOUND
from studio import LOCAL, SAMPLES
from ui.page import Page, frame_slider, moved_to, owner_of, viewer
from ui.say import facts, notice, room_of, said
from ui.tabs.shot.strip import Filmstrip
from ui.tabs.shot.words import NO_PASSES, passes_of
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
        self.drop = gr.File(show_label=False, height=84, elem_id="drop")
        self.earlier = gr.Dropdown([], label="Your shots", visible=False, elem_id="shots")
        self.facts = gr.HTML()
        with gr.Row():
            self.first = gr.Number(0, label="First frame", precision=0, minimum=0, min_width=80)
            self.last = gr.Number(0, label="Last frame", precision=0, minimum=0, min_width=80)
        with gr.Row():
            self.render = gr.Button("Render shot", elem_id="shot-render", min_width=120)
            self.next = gr.Button("Choose a look", variant="primary", min_width=120)
        self.strip.build_side()
        with gr.Accordion("Mattes and engine passes", open=False, visible=False, elem_classes="folded") as self.local:
            self.about = gr.HTML(NO_PASSES, elem_id="passes-about")
            self.path = gr.Textbox(label="Clip or picture sequence on this machine", placeholder="this shot")
            self.passes = gr.Textbox(label="Folder with the engine's passes", placeholder="none", elem_id="passes")
            self.take = gr.Button("Open", size="sm", elem_id="open-local")
        self.room = gr.HTML(elem_id="room")
        self.remove = gr.Button(DELETE, size="sm", visible=False, elem_id="remove")

    def wire(self) -> None:
        """Connect the handlers."""
        page = self.page
        dropped = self.drop.upload(said(self.open), [self.drop], [page.shot], show_progress="minimal")
        dropped.then(lambda: None, None, [self.drop], queue=False)
        self.earlier.input(said(self.reopen), [self.earlier], [page.shot], show_progress="hidden")
        self.take.click(said(self.open_local), [page.shot, self.path, self.passes], [page.shot], show_progress="hidden")
        given = [self.remove, self.earlier]
        self.remove.click(said(self.delete), given, [page.shot, self.remove], show_progress="hidden")
        shown = [self.notice, self.facts, self.about, self.viewer, self.frame, self.first, self.last]
        page.shot.change(said(self.show), [page.shot, page.run_id], shown, show_progress="hidden")
        kept = [self.earlier, self.remove, self.room, self.local]
        page.shot.change(self.kept, [page.shot], kept, show_progress="hidden")
        self.next.click(lambda: gr.Tabs(selected="look"), None, [page.tabs], queue=False)
        self.strip.wire(self)

    def welcome(self, run_id: str, request: gr.Request) -> Shot:
        """The shot of a page that was just opened: its newest render's, while the clip is there, or the sample."""
        run = self.page.runs.find(owner_of(request), run_id)
        if run is not None and plate_of(run.job).is_file():
            return self.page.studio.shot_of(run.job)
        return self.page.studio.shot(SAMPLE)

    def open(self, path: str, request: gr.Request) -> Shot:
        """The uploaded clip as the page's shot."""
        return self.page.studio.receive(owner_of(request), Path(path), Path(path).name)

    def open_local(self, shot: Shot, path: str, passes: str, request: gr.Request) -> Shot:
        """A clip or sequence on this machine, or the page's own, with the engine's passes where a folder is named."""
        if owner_of(request) != LOCAL:
            raise RefusedFile("Only whoever sits at this machine can open its files.", "Drop the clip instead.")
        folder = Path(passes.strip()) if passes.strip() else None
        if path.strip():
            return self.page.studio.shot(Path(path.strip()), AS_FOUND, folder)
        return replace(self.page.studio.shot(shot.plate, shot.footage, folder), name=shot.name)

    def reopen(self, shot_id: str, request: gr.Request) -> Shot:
        """An earlier shot as the page's shot."""
        return self.page.studio.rooms.open_shot(owner_of(request), shot_id)

    def delete(self, asked: str, shot_id: str, request: gr.Request) -> tuple[Any, Any]:
        """Ask first; the second click deletes the shot, and the page turns to the sample."""
        if asked == DELETE:
            return gr.skip(), gr.Button(SURE, variant="stop")
        self.page.studio.remove_shot(owner_of(request), shot_id)
        return self.page.studio.shot(SAMPLE), gr.skip()

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
            gr.Accordion(visible=owner == LOCAL),
        )

    def show(self, shot: Shot, run_id: str, request: gr.Request) -> tuple[Any, ...]:
        """Everything on this tab for a shot; after a reload with the frames of the render that is at work."""
        frames = self.frames(shot, run_id, owner_of(request))
        welcome, frame = gr.HTML(visible=shot.plate == SAMPLE), moved_to(shot.frames, frames.first)
        about, picture = passes_of(shot), self.picture(shot, frames.first, request)
        return welcome, facts(shot), about, picture, frame, frames.first, frames.last

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
