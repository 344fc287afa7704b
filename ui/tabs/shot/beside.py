"""The part of the tab with what the engine rendered beside the plate: added, read back in a table, removed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components import Component

from pipeline.clip.shot import Shot
from pipeline.errors import RefusedFile
from pipeline.recipe.footage import AS_FOUND, Footage
from studio import LOCAL
from ui.bind import Given, control
from ui.live import Followed, told_live
from ui.page import owner_of
from ui.say import notice, said
from ui.tabs.shot.passes import NO_PASSES, report_of
from verbs.attachments import READING, PassReport

if TYPE_CHECKING:
    from ui.tabs.shot.tab import ShotTab

LABELS = {
    "first_number": "Number of the plate's first frame",
    "missing": "A missing frame",
    "depth": "What the depth holds",
    "normals": "Axes of the normals",
}
"""The settings of the footage that say how passes are read, as the page calls them."""


class Beside:
    """Its controls and handlers."""

    def __init__(self) -> None:
        with gr.Accordion("Mattes and engine passes", open=False, elem_classes="folded", elem_id="beside"):
            self.about = gr.HTML(NO_PASSES, elem_id="passes-about")
            self.drop = gr.File(show_label=False, height=64, file_count="multiple", elem_id="passes-drop")
            self.remove = gr.Button("Remove the passes", size="sm", visible=False, elem_id="remove-passes")
            with gr.Accordion("How they are read", open=False, elem_classes="folded"):
                self.reading = {name: self._setting(name) for name in READING}
            with gr.Group(visible=False, elem_classes="pass") as self.local:
                self.path = gr.Textbox(label="Clip or picture sequence on this machine", placeholder="this shot")
                self.folder = gr.Textbox(label="Folder with the engine's passes", placeholder="none", elem_id="passes")
                self.take = gr.Button("Open", size="sm", elem_id="open-local")

    def _setting(self, name: str) -> Component:
        field = Footage.model_fields[name]
        looks = {"label": LABELS[name], "elem_id": f"footage-{name}", "elem_classes": "setting"}
        return control(name, field, field.default, **looks)

    def wire(self, tab: ShotTab) -> None:
        """Connect the handlers."""
        self.page = page = tab.page
        told, settings = [page.shot, self.about], self.reading.values()
        live = {"show_progress": "hidden", "concurrency_limit": 4}
        dropped = self.drop.upload(told_live(self.add), {page.shot, self.drop, *settings}, told, **live)
        dropped.then(lambda: None, None, [self.drop], queue=False)
        self.remove.click(said(self.removed), [page.shot], [page.shot], show_progress="hidden")
        opened = {page.shot, self.path, self.folder, *settings}
        self.take.click(said(self.open_local), opened, [page.shot], show_progress="hidden")
        page.shot.change(self.kept, [page.shot], [self.local, self.remove, *settings], show_progress="hidden")
        page.shot.change(told_live(self.report), [page.shot], [self.about], **live)

    def add(self, given: Given, request: gr.Request) -> Generator[tuple[Any, Any], None, None]:
        """The dropped files as passes of the shot; what is being done is said meanwhile."""
        owner, shot, uploads = owner_of(request), given[self.page.shot], [Path(path) for path in given[self.drop]]
        add, reading = self.page.studio.attachments.add_passes, self.read_by(given)
        work = Followed[Shot](lambda progress: add(owner, shot, uploads, reading))
        for beat in work:
            yield gr.skip(), notice("Reading the passes", f"{beat.seconds:.0f} s")
        yield work.made(), gr.skip()

    def open_local(self, given: Given, request: gr.Request) -> Shot:
        """A clip or sequence on this machine, or the page's own, with the engine's passes where a folder is named."""
        owner, studio, shot = owner_of(request), self.page.studio, given[self.page.shot]
        path, folder = given[self.path].strip(), given[self.folder].strip()
        if owner != LOCAL:
            raise RefusedFile("Only whoever sits at this machine can open its files.", "Drop the clip instead.")
        if path:
            shot = studio.rooms.as_kept(owner, studio.shot(Path(path), AS_FOUND))
        return studio.attachments.give_passes(owner, shot, Path(folder), self.read_by(given)) if folder else shot

    def removed(self, shot: Shot, request: gr.Request) -> Shot:
        """The shot without its passes."""
        return self.page.studio.attachments.remove_passes(owner_of(request), shot)

    def kept(self, shot: Shot, request: gr.Request) -> tuple[Any, ...]:
        """Whether files of this machine may be opened, whether there is something to remove, and how it was read."""
        values = {name: getattr(shot.footage, name) for name in READING}
        settings = [
            gr.update(value="" if value is None else value, interactive=name != "missing" or shot.pictures is None)
            for name, value in values.items()
        ]
        local = gr.Group(visible=owner_of(request) == LOCAL)
        return local, gr.Button(visible=shot.rendered is not None), *settings

    def report(self, shot: Shot) -> Generator[str, None, None]:
        """What was recognised and what it means; testing motion vectors takes a while the first time."""
        if shot.rendered is None:
            yield NO_PASSES
            return
        work = Followed[PassReport | None](lambda progress: self.page.studio.attachments.report(shot))
        for beat in work:
            if beat.seconds:
                yield notice("Testing the passes on the plate", f"{beat.seconds:.0f} s")
        yield report_of(work.made())

    def read_by(self, given: Given) -> dict[str, Any]:
        """The settings that say how passes are read. An emptied number is one that is found out."""
        chosen = {name: given[component] for name, component in self.reading.items()}
        return chosen | {"first_number": str(chosen["first_number"] or "").strip() or None}
