"""Choosing a LoRA by eye: a sheet of steps, weights and seeds on the artist's frame, and a probe clip with figures."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from jobs.job import UNFINISHED
from pipeline.errors import PhotoplayError
from pipeline.measure.aids import NO_FACE_MODEL
from ui.page import Page, gallery, owner_of
from ui.rows import rows, table
from ui.say import notice, said
from ui.tabs.characters.progress import family
from ui.tabs.characters.settings import Given, numbers_in
from ui.tabs.queue import progress_of
from verbs.training_results import Result
from verbs.training_trials import PROBE, SHEET, Candidate, Cell, probes_of, sheets_of

if TYPE_CHECKING:
    from ui.tabs.characters.tab import CharactersTab

NO_SHEET = notice("No sheet yet", "Choose steps, weights and seeds, and try them on a frame of your shot.")
ROWS = {
    "expression kept": ("expression_kept", None, "{:.2f}"),
    "flicker, times the plate's": ("flicker", "ratio", "{:.2f}"),
    "likeness to the plate's face": ("likeness", "to_plate", "{:.2f}"),
}
WHOLE = "whole frame"
PROBED = 24
"""Frames of a probe, unless told otherwise: a second."""


class Choosing:
    """The step's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.cells, self.chosen, self.seen = page, gr.State([]), gr.State(None), gr.State("")
        with gr.Row():
            self.candidates = gr.Dropdown([], multiselect=True, label="LoRAs", elem_id="sheet-loras", scale=3)
            self.weights = gr.Textbox(
                "0.6, 0.8, 1", label="Weights", max_length=60, min_width=90, elem_id="sheet-weights"
            )
            self.seeds = gr.Textbox("1", label="Seeds", max_length=60, min_width=60, elem_id="sheet-seeds")
            self.frame = gr.Number(0, label="Frame", precision=0, minimum=0, min_width=70, elem_id="sheet-frame")
        with gr.Row():
            self.trying = gr.Button("Try them on", size="sm", variant="primary", elem_id="try-on")
            self.use = gr.Button("Use in Look", size="sm", interactive=False, elem_id="use-cell")
            self.probe = gr.Button("Probe clip with and without", size="sm", interactive=False, elem_id="probe")
        self.state = gr.HTML(NO_SHEET, elem_id="sheet-state")
        self.sheet = gallery("lora-sheet", 4, elem_classes="pictures")
        self.figures = rows("probe-figures")

    @property
    def offered(self) -> list[Component]:
        """What `offer` gives."""
        return [self.candidates, self.state, self.sheet, self.cells, self.figures, self.use, self.probe]

    def wire(self, tab: CharactersTab) -> None:
        """Connect the handlers. tab: whose character, shot and look are tried."""
        self.tab = tab
        look, mine = tab.look, tab.mine
        given: set[Block] = {mine, self.candidates, self.weights, self.seeds, self.frame, self.chosen}
        given |= {self.page.shot, *look.settings}
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        self.trying.click(said(self.submit), given, [self.state], show_progress="minimal")
        tab.steps.select(said(self.again), [mine], self.offered, **quiet)
        self.sheet.select(self.take, [self.cells], [self.chosen, self.state, self.use, self.probe], **quiet)
        self.use.click(said(self.wear), [self.chosen, look.bound.controls["prompt"]], tab.used, **quiet)
        self.probe.click(said(self.submit_probe), given, [self.state], show_progress="minimal")
        watched = [self.seen, self.state, self.sheet, self.cells, self.figures]
        tab.timer.tick(said(self.watch), [mine, self.seen], watched, **quiet)

    def again(self, name: str, request: gr.Request) -> tuple[Any, ...]:
        """Everything there is to choose from by now."""
        return self.offer(owner_of(request), name)

    def offer(self, owner: str, name: str) -> tuple[Any, ...]:
        """The steps and LoRAs of a character and its variations, its newest sheet, and its probes."""
        results = family(self.page.studio.fittings.results(owner), name) if name else []
        candidates = [one for result in results for one in candidates_of(result)]
        choices, done = [one.label for one in candidates], [one.label for one in candidates if not one.step]
        off = gr.Button(interactive=False)
        return gr.Dropdown(choices, value=done or choices[-3:]), *self.finished(owner, results), off, off

    def finished(self, owner: str, results: list[Result]) -> tuple[Any, ...]:
        """What there is to look at: words, the newest sheet with its cells, and the probes."""
        sheets = sheets_of(results[0]) if results else []
        frame, cells = sheets[0] if sheets else (0, [])
        pictures = [(self.page.pictures.give(owner, path), cell.label) for cell, path in cells]
        state = notice(f"Frame {frame:04d} is ready", "Click the one that is right.", "ok") if cells else NO_SHEET
        probes = [row for result in results for row in probe_rows(result)]
        return state, pictures, [cell for cell, _ in cells], table(("Probe", "", "Without", "With"), probes)

    def watch(self, name: str, seen: str, request: gr.Request) -> tuple[Any, ...]:
        """How far the sheet or the probe at work is, and what has come since the page looked last."""
        owner, studio = owner_of(request), self.page.studio
        jobs = [job for job in studio.jobs_of(owner).jobs() if job.kind in (SHEET, PROBE)]
        working = [job for job in jobs if job.state in UNFINISHED]
        results = family(studio.fittings.results(owner), name)
        cells = [path.name for result in results[:1] for _, found in sheets_of(result)[:1] for _, path in found]
        now = f"{name} {len(jobs)} {len(working)} {len(cells)}"
        words = f'<div class="note">{progress_of(working[0])}</div>' if working else None
        if now == seen:
            return gr.skip(), words or gr.skip(), *[gr.skip()] * 3
        state, *rest = self.finished(owner, results)
        return now, words or state, *rest

    def submit(self, given: Given, request: gr.Request) -> str:
        """Put a sheet in line."""
        owner, fittings = owner_of(request), self.page.studio.fittings
        candidates = [candidate_named(label) for label in given[self.candidates]]
        seeds = [int(number) for number in numbers_in(given[self.seeds])]
        if not candidates:
            raise PhotoplayError("No LoRA is chosen.", "Choose one or more steps in the list.")
        frame = int(given[self.frame])
        out = fittings.result(owner, candidates[0].name).folder
        order = self.tab.order(given, frame, frame, out)
        fittings.submit_sheet(owner, candidates, numbers_in(given[self.weights]), seeds, order)
        return notice("In line", "The pictures come one by one; Queue shows how far it is.")

    def submit_probe(self, given: Given, request: gr.Request) -> str:
        """Put a probe of the chosen LoRA in line: a second of the shot from the frame on."""
        owner, fittings = owner_of(request), self.page.studio.fittings
        cell: Cell = given[self.chosen]
        lora = fittings.keep_step(owner, cell.candidate)
        first, shot = int(given[self.frame]), given[self.page.shot]
        last = min(first + PROBED - 1, shot.frames.last)
        order = self.tab.order(given, first, last, fittings.result(owner, cell.candidate.name).folder)
        fittings.submit_probe(owner, cell.candidate, lora, cell.weight, order)
        return notice("In line", f"Frames {first} to {last} without {lora.name} and with it, both measured.")

    def take(self, cells: list[Cell], chosen: gr.SelectData) -> tuple[Any, ...]:
        """The cell that was clicked."""
        cell = cells[int(chosen.index)]
        on = gr.Button(interactive=True)
        return cell, notice(cell.label, f"Likeness: {NO_FACE_MODEL} for a single picture.", "ok"), on, on

    def wear(self, cell: Cell, prompt: str, request: gr.Request) -> tuple[Any, ...]:
        """Use the chosen step at the chosen weight under Look."""
        from ui.tabs.characters.tab import worn

        lora = self.page.studio.fittings.keep_step(owner_of(request), cell.candidate)
        return worn(prompt, lora, cell.weight), gr.Tabs(selected="look")


def candidates_of(result: Result) -> list[Candidate]:
    """The saved steps of a training, and the finished LoRA."""
    steps = [Candidate(result.name, step) for step in result.checkpoints]
    return [*steps, Candidate(result.name)] if result.lora.is_file() else steps


def candidate_named(label: str) -> Candidate:
    """The candidate of a label that `candidates_of` gives."""
    name, _, step = label.partition(" at ")
    return Candidate(name, int(step) if step.isdecimal() else 0)


def probe_rows(result: Result) -> list[list[str]]:
    """The probes of a training as rows: a figure that is missing says why."""
    return [
        [f"{escape(result.name)} {name}", label, *(figure_of(sides[side], *how) for side in ("without", "with"))]
        for name, sides in probes_of(result)
        for label, how in ROWS.items()
    ]


def figure_of(measured: Mapping[str, Any], name: str, part: str | None, form: str) -> str:
    """A figure of what was measured, or the reason why there is none."""
    figure = measured[name]
    if name == "flicker":
        figure = figure.get(WHOLE, {"ratio": {"value": None, "reason": "not measured"}})
    figure = figure if part is None else figure[part]
    return (
        form.format(figure["value"])
        if figure["value"] is not None
        else f'<span class="quiet">{escape(figure["reason"] or "-")}</span>'
    )
