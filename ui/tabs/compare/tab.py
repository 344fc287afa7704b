"""The tab: what is on it, and handlers of a few lines that read, call a studio verb and show."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block, BlockContext
from gradio.components import Component

from pipeline.clip.shot import Shot
from pipeline.compared import picture_of
from pipeline.recipe.filters import GradeMatch
from pipeline.version import OutFolder, Patch
from ui.bind import Given
from ui.figures import table_of
from ui.notes import FrameNote, add_note, read_notes
from ui.page import Page, owner_of, viewer
from ui.player.component import Shown, player
from ui.rows import rows
from ui.say import notice, said
from ui.tabs.compare.files import pack, ready
from ui.tabs.compare.fixes import redone, stretches_of, worst_of
from ui.tabs.compare.subject import NOTHING, REFERENCE, Subject, shown_of, subject_of, with_stills

if TYPE_CHECKING:
    from ui.tabs.look import LookTab
    from ui.tabs.render import RenderTab

EMPTY = notice("Nothing to compare yet", "Render the shot: it appears here beside its plate.")
NO_REFERENCE = (
    '<p class="quiet">A still or clip of the film that this shot imitates: it can be A, B or C, '
    "and the grade can be matched to it.</p>"
)


class CompareTab:
    """The tab's controls and handlers.

    names: of the views in the player. What a browser says of its lists may be older than what the server has sent it.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.subject, self.at, self.names = page, gr.State(None), gr.State(0), gr.State([])
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage compared"):
                with gr.Column(elem_classes="stage") as self.nothing:
                    self.plate = viewer()
                with gr.Column(visible=False, elem_classes="compared") as self.stage:
                    with gr.Row(elem_classes="sides"):
                        names = {"a": "plate", "b": None, "c": NOTHING}
                        self.sides = [
                            gr.Dropdown(
                                [value] if value else [],
                                value=value,
                                label=side.upper(),
                                elem_id=f"side-{side}",
                                min_width=120,
                            )
                            for side, value in names.items()
                        ]
                    self.player = player()
            with gr.Column(elem_classes="side wide"):
                self._build_side()

    def _build_side(self) -> None:
        self.empty = gr.HTML(EMPTY)
        self.render = gr.Button("Render shot", variant="primary", elem_id="compare-render")
        with gr.Column(visible=False, elem_classes="told") as self.told:
            self.share = gr.DownloadButton("Before/after clip", elem_id="share", variant="primary")
            self.about = rows("figures")
            self.notes = gr.HTML(elem_id="notes")
            self.note = gr.Textbox(label="Note", lines=2, max_length=2000, elem_id="note")
            self.add = gr.Button("Add note", elem_id="add-note", size="sm")
            self.files = gr.File(label="Files", file_count="multiple", interactive=False, elem_id="files")
            self.pack = gr.Button("Pack mattes, layers and master", size="sm", elem_id="pack")
            self.about_reference = gr.HTML(NO_REFERENCE, elem_id="reference")
            self.drop = gr.File(show_label=False, height=60, elem_id="drop-reference")
            self.match = gr.Button("Match the grade to it", size="sm", visible=False, elem_id="match")

    def wire(self, render: RenderTab, look: LookTab) -> None:
        """Connect the handlers. A render that has ended is shown, also when the page was reloaded meanwhile."""
        page, quiet = self.page, {"queue": False, "show_progress": "hidden"}
        self.look = look
        given = [page.shot, page.run_id]
        for changed in (render.outcome.change, page.shot.change):
            changed(said(self.show), given, self.shown, show_progress="hidden")
        chosen, turned = {self.subject, *self.sides}, [self.names, self.player]
        gr.on([side.input for side in self.sides], said(self.turn), chosen, turned, show_progress_on=self.player)
        viewed: set[Any] = {self.subject, self.names}
        self.player.select(self.ask, None, [self.at, self.note], **quiet)
        self.player.stop(said(self.still), viewed, [self.player], trigger_mode="always_last", **quiet)
        gr.on(
            [self.add.click, self.note.submit],
            said(self.write),
            {*viewed, self.at, self.note},
            [self.player, self.notes, self.note],
            show_progress="hidden",
        )
        self.pack.click(said(self.packed), [self.subject], [self.files], show_progress_on=self.files)
        asked = self.about.select(
            said(self.redo), [self.subject, page.run_id], [page.run_id, page.tabs], show_progress="hidden"
        )
        asked.then(render.watch, [page.run_id, render.seen], render.watched, queue=False, show_progress="hidden")
        dropped = self.drop.upload(said(self.refer), [page.shot, self.drop], [self.drop], show_progress="minimal")
        dropped.then(said(self.show), given, self.shown, show_progress="hidden")
        self.match.click(
            said(self.matched), {page.shot, *look.settings}, [*look.recalled, page.tabs], show_progress="hidden"
        )

    @property
    def shown(self) -> list[Component | BlockContext]:
        """Everything that another version changes."""
        panes = [self.nothing, self.plate, self.empty, self.render, self.stage, *self.sides, self.player]
        told = [self.told, self.share, self.about, self.notes, self.files, self.about_reference, self.match]
        return [self.subject, self.names, *panes, *told]

    def show(self, shot: Shot | None, run_id: str, request: gr.Request) -> dict[Block, Any]:
        """Everything of the version to look at; the plate while there is none."""
        if shot is None:
            return {self.subject: gr.skip()}
        owner, give = owner_of(request), self.page.pictures.give
        subject = subject_of(self.page.studio, owner, shot, run_id)
        none, some = gr.Column(visible=subject is None), gr.Column(visible=subject is not None)
        panes: dict[Block, Any] = {self.subject: subject, self.nothing: none, self.stage: some, self.told: some}
        panes |= {self.empty: gr.HTML(visible=subject is None), self.render: gr.Button(visible=subject is None)}
        if subject is None:
            plate = self.page.studio.frame(shot, shot.frames.first)
            return panes | {self.plate: self.page.pictures.keep(owner, plate)}
        out, names, measured = OutFolder(subject.shown), list(subject.views()), subject.measured()
        heading = f'<p class="heading"><b>{out.path.name}</b> of {escape(subject.shot.name)}</p>'
        heading += stretches_of(subject.stretches())
        reference, chosen = REFERENCE if subject.reference else NOTHING, [subject.before, subject.newest, NOTHING]
        sides = [gr.Dropdown(names, value=subject.before), gr.Dropdown(names, value=subject.newest)]
        sides.append(gr.Dropdown([NOTHING, *names], value=NOTHING))
        return panes | {
            **dict(zip(self.sides, sides, strict=True)),
            self.names: chosen,
            self.player: shown_of(subject, chosen, self.page.pictures, owner).value(),
            self.share: gr.DownloadButton(value=give(owner, out.before_after)),
            self.about: heading + worst_of(measured, subject.recipe_at) + table_of(measured),
            self.notes: notes_list(subject.shown),
            self.files: [give(owner, path) for path in ready(out)],
            self.about_reference: NO_REFERENCE if reference == NOTHING else "<p>Reference: choose it as A, B or C.</p>",
            self.match: gr.Button(visible=reference == REFERENCE),
        }

    def turn(self, given: Given, request: gr.Request) -> Any:
        """Put other views beside each other."""
        names = [given[side] for side in self.sides]
        if given[self.subject] is None:
            return gr.skip()
        shown = shown_of(given[self.subject], names, self.page.pictures, owner_of(request))
        return {self.names: names, self.player: shown.value()}

    def still(self, given: Given, event: gr.EventData, request: gr.Request) -> Any:
        """The full-size pictures of the frame at which the player stands."""
        subject, at, owner = given[self.subject], int(event.frame), owner_of(request)
        if subject is None or at not in range(len(subject.frames)):
            return gr.skip()
        views = subject.chosen(given[self.names]).values()
        pictures = [picture_of(view, subject.shot, subject.frames.first + at) for view in views]
        paths = [self.page.pictures.keep(owner, picture) for picture in pictures]
        return {self.player: with_stills(self._shown(given, owner), paths, at).value()}

    def ask(self, event: gr.EventData) -> tuple[int, Any]:
        """Make ready for a note on the frame that is shown."""
        return int(event.frame), gr.Textbox(label=f"Note on frame {int(event.frame):04d}", autofocus=True)

    def write(self, given: Given, request: gr.Request) -> Any:
        """Keep a note and mark it under the curves."""
        subject, owner = given[self.subject], owner_of(request)
        if subject is None:
            return gr.skip()
        add_note(subject.shown, FrameNote(given[self.at], given[self.note], owner))
        return {
            self.player: self._shown(given, owner).value(),
            self.notes: notes_list(subject.shown),
            self.note: "",
        }

    def _shown(self, given: Given, owner: str) -> Shown:
        return shown_of(given[self.subject], given[self.names], self.page.pictures, owner)

    def packed(self, subject: Subject, request: gr.Request) -> list[str]:
        """The files with the pictures packed."""
        pack(OutFolder(subject.shown))
        owner = owner_of(request)
        return [self.page.pictures.give(owner, path) for path in ready(OutFolder(subject.shown))]

    def redo(self, subject: Subject, run_id: str, event: gr.EventData, request: gr.Request) -> tuple[str, gr.Tabs]:
        """Put the version in line anew, with the surround of a worst frame redone at a lower denoising strength."""
        recipe, stretch = redone(subject.measured(), subject.recipe_at, int(event.what))
        patch = Patch(subject.shown, stretch)
        started = self.page.runs.start(owner_of(request), subject.shot, recipe, subject.frames, run_id, patch)
        return started, gr.Tabs(selected="render")

    def refer(self, shot: Shot, path: str, request: gr.Request) -> None:
        """Keep a still or clip of a film as the shot's reference."""
        self.page.studio.references.keep(owner_of(request), shot, Path(path))

    def matched(self, given: Given, request: gr.Request) -> dict[Block, Any]:
        """The look with its grade matched to the reference, and the page turned to it."""
        owner, recipe = owner_of(request), self.look.recipe(given)
        still = self.page.studio.references.still(owner, given[self.page.shot])
        others = tuple(one for one in recipe.finish if one.kind != "grade_match")
        graded = recipe.model_copy(update={"finish": (*others, GradeMatch(still=str(still)))})
        return self.look.showing(owner, "", graded) | {self.page.tabs: gr.Tabs(selected="look")}


def notes_list(version: Path) -> str:
    """The notes of a version, as HTML; a click goes to the frame."""
    rows = "".join(
        f'<li data-goto="{note.frame}" tabindex="0"><b>{note.frame:04d}</b> {escape(note.text)}</li>'
        for note in read_notes(version)
    )
    return f'<p class="heading">Notes</p><ul class="frames">{rows}</ul>' if rows else ""
