"""Compare: any two views of a shot in the player, what was measured, notes on frames, and the files to take along."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import gradio as gr

from orders import frames_of, out_of
from pipeline.clip.shot import Shot
from pipeline.clip.stacked import tile_size
from pipeline.compared import PLATE, View, compared_key, views_of, write_compared
from pipeline.errors import PhotoplayError
from pipeline.files import atomic
from pipeline.frames import FrameRange
from pipeline.version import OutFolder
from ui.figures import table_of
from ui.notes import FrameNote, add_note, read_notes
from ui.page import Page, owner_of
from ui.player.component import Shown, player
from ui.player.shown import Measured, curves_of, flags_of, notes_of
from ui.runs import Run
from ui.say import notice, said
from ui.tabs.render import RenderTab

EMPTY = notice("Nothing to compare yet", "Render the shot: it appears here beside its plate.")


@dataclass(frozen=True)
class Subject:
    """What is compared: the versions of a shot that show the same frames, the newest last. shown: the one in words."""

    shot: Shot
    frames: FrameRange
    versions: tuple[Path, ...]
    shown: Path

    def views(self) -> dict[str, View]:
        """Name -> view, of everything that can be put beside something else."""
        named = {"plate": PLATE}
        for version in reversed(self.versions):
            named |= {" ".join(filter(None, (version.name, view.of, view.kind))): view for view in views_of(version)}
        return named

    def measured(self) -> Measured:
        """What was measured of the version that is shown."""
        return json.loads(OutFolder(self.shown).measurements.read_text(encoding="utf-8"))


class CompareTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.subject, self.at = page, gr.State(None), gr.State(0)
        with gr.Row(elem_classes="split"):
            with (
                gr.Column(elem_classes="stage compared"),
                gr.Column(visible=False, elem_classes="compared") as self.stage,
            ):
                with gr.Row(elem_classes="sides"):
                    self.a = gr.Dropdown(["plate"], value="plate", label="A", elem_id="side-a", min_width=120)
                    self.b = gr.Dropdown([], label="B", elem_id="side-b", min_width=120)
                self.player = player()
            with gr.Column(elem_classes="side wide"):
                self.about = gr.HTML(EMPTY, elem_id="figures")
                self.notes = gr.HTML(elem_id="notes")
                with gr.Group(visible=False) as self.noting:
                    self.note = gr.Textbox(label="Note", lines=2, max_length=2000, elem_id="note")
                    self.add = gr.Button("Add note", elem_id="add-note")
                self.files = gr.File(
                    label="Files", file_count="multiple", interactive=False, visible=False, elem_id="files"
                )

    def wire(self, render: RenderTab) -> None:
        """Connect the handlers. A render that has ended is shown, also when the page was reloaded meanwhile."""
        page = self.page
        shown = [self.subject, self.stage, self.a, self.b, self.player, self.about, self.notes, self.files, self.noting]
        render.outcome.change(said(self.show), [page.run_id], shown, show_progress="hidden")
        gr.on(
            [self.a.input, self.b.input],
            said(self.turn),
            [self.subject, self.a, self.b],
            [self.player],
            show_progress_on=self.player,
        )
        self.player.select(self.ask, None, [self.at, self.note], queue=False, show_progress="hidden")
        gr.on(
            [self.add.click, self.note.submit],
            said(self.write),
            [self.subject, self.at, self.note, self.a, self.b],
            [self.player, self.notes, self.note],
            show_progress="hidden",
        )

    def show(self, run_id: str, request: gr.Request) -> tuple[Any, ...]:
        """Everything of a finished render; until there is one the tab stays as it is."""
        owner, give = owner_of(request), self.page.pictures.give
        run = self.page.runs.find(owner, run_id)
        if run is None or run.job.state != "done":
            return (gr.skip(),) * 9
        subject = self.subject_of(run, owner)
        out, names = OutFolder(subject.shown), list(subject.views())
        newest = f"{out.path.name} result"
        heading = f'<p class="heading"><b>{out.path.name}</b> of {escape(subject.shot.name)}</p>'
        return (
            subject,
            gr.Column(visible=True),
            gr.Dropdown(names, value="plate"),
            gr.Dropdown(names, value=newest),
            self.shown(subject, "plate", newest, owner),
            heading + worst_of(subject.measured()) + table_of(subject.measured()),
            notes_list(subject.shown),
            gr.File([give(owner, path) for path in downloads(out)], visible=True),
            gr.Group(visible=True),
        )

    def subject_of(self, run: Run, owner: str) -> Subject:
        """The finished versions of a render's shot that show the same frames."""
        jobs, frames = self.page.studio.jobs_of(owner).jobs(), frames_of(run.job)
        same = [job for job in jobs if job.state == "done" and run.job.spec["key"] == job.spec.get("key")]
        versions = [
            out_of(job) for job in same if frames_of(job) == frames and OutFolder(out_of(job)).manifest.is_file()
        ]
        return Subject(self.page.studio.shot_of(run.job), frames, tuple(dict.fromkeys(versions)), out_of(run.job))

    def shown(self, subject: Subject, a: str, b: str, owner: str) -> str:
        """The player's value for two views. Raises PhotoplayError for a view that there is not."""
        named = subject.views()
        if a not in named or b not in named:
            raise PhotoplayError("That version is gone.", "Choose another one.")
        views, frames, measured = (named[a], named[b]), subject.frames, subject.measured()
        movie = subject.shown / "compared" / f"{compared_key(views, subject.shot, frames)}.mp4"
        if not movie.exists():
            write_compared(movie, views, subject.shot, frames)
        curves = curves_of(measured)
        return Shown(
            source=f"gradio_api/file={self.page.pictures.give(owner, movie)}",
            rate=subject.shot.rate,
            first=frames.first,
            count=len(frames),
            tile=tile_size(subject.shot.width, subject.shot.height),
            tiles=(a, b),
            start=0,
            curves=curves,
            flags=flags_of(measured, curves),
            notes=notes_of(read_notes(subject.shown), frames.first),
            cuts=[cut - frames.first for cut in measured["cuts"] if cut > frames.first],
        ).value()

    def turn(self, subject: Subject | None, a: str, b: str, request: gr.Request) -> Any:
        """Put other views beside each other."""
        return gr.skip() if subject is None else self.shown(subject, a, b, owner_of(request))

    def ask(self, event: gr.EventData) -> tuple[int, Any]:
        """Make ready for a note on the frame that is shown."""
        return int(event.frame), gr.Textbox(label=f"Note on frame {int(event.frame):04d}", autofocus=True)

    def write(
        self, subject: Subject | None, frame: int, text: str, a: str, b: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Keep a note and mark it under the curves."""
        if subject is None:
            return (gr.skip(),) * 3
        owner = owner_of(request)
        add_note(subject.shown, FrameNote(frame, text, owner))
        return self.shown(subject, a, b, owner), notes_list(subject.shown), ""


def worst_of(measured: Measured) -> str:
    """The frames to look at first, as HTML; a click goes to the frame."""
    rows = "".join(
        f'<li data-goto="{worst["frame"]}" tabindex="0"><b>{worst["frame"]:04d}</b> {escape(worst["what"])}</li>'
        for worst in measured["worst"]
    )
    return f'<p class="heading">Worst frames</p><ul class="frames">{rows}</ul>' if rows else ""


def notes_list(version: Path) -> str:
    """The notes of a version, as HTML; a click goes to the frame."""
    rows = "".join(
        f'<li data-goto="{note.frame}" tabindex="0"><b>{note.frame:04d}</b> {escape(note.text)}</li>'
        for note in read_notes(version)
    )
    return f'<p class="heading">Notes</p><ul class="frames">{rows}</ul>' if rows else ""


def downloads(out: OutFolder) -> list[Path]:
    """The files of a version that one takes along; the mattes as one archive. Raises OutputError."""
    files = [out.render, out.before_after, out.report, out.manifest, out.measurements]
    mattes = sorted((out.path / "mattes").rglob("*.png"))
    if not mattes:
        return files
    archive = out.path / "mattes.zip"
    with atomic(archive) as part, ZipFile(part, "w", ZIP_STORED) as pack:
        for matte in mattes:
            pack.write(matte, matte.relative_to(out.path))
    return [*files, archive]
