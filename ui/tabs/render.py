"""Render: start, watch, stop. The work is the server's; this tab only looks at it."""

from __future__ import annotations

import time
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from ui.page import Page, viewer
from ui.runs import STAGES, Outcome, Run, Stage
from ui.say import notice, said, time_left
from ui.tabs.look import Given, LookTab
from ui.tabs.shot import ShotTab

IDLE = notice("Nothing is rendering", "The frames chosen under Shot are rendered with the settings under Look.")
OUTLIVES = "You can close the browser. The render goes on, and this page finds it again."
HEADINGS = {"finished": "Finished", "stopped": "Stopped", "failed": "It could not be finished"}
COLOURS = {"finished": "ok", "stopped": "warn", "failed": "error"}


class RenderTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.timer = gr.Timer(1, active=False)
        self.seen = gr.State(0)
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self.viewer = viewer()
                self.progress = gr.HTML(IDLE, elem_id="progress")
            with gr.Column(elem_classes="side wide"):
                self.start = gr.Button("Render shot", variant="primary", elem_id="render")
                self.stop = gr.Button("Stop", interactive=False, elem_id="stop")
                self.outcome = gr.HTML(elem_id="outcome")
                self.compare = gr.Button("Compare with the plate", visible=False, elem_id="to-compare")
                gr.HTML(
                    '<p class="quiet">You can close the browser. The render goes on, and this page finds it again.</p>'
                )
        self.watched: list[Component] = [
            self.timer,
            self.seen,
            self.viewer,
            self.progress,
            self.start,
            self.stop,
            self.outcome,
            self.compare,
        ]

    def wire(self, shot: ShotTab, look: LookTab) -> None:
        """Connect the handlers. Render shot is on this tab and on Look."""
        page = self.page
        self.shot, self.look = shot, look
        given = {page.shot, page.run_id, shot.first, shot.last, *look.settings}
        gr.on(
            [self.start.click, look.render.click],
            said(self.begin),
            given,
            [page.run_id, page.tabs, *self.watched],
            show_progress="hidden",
        )
        self.stop.click(self.halt, [page.run_id], [self.stop], queue=False, show_progress="hidden")
        self.timer.tick(self.watch, [page.run_id, self.seen], self.watched, queue=False, show_progress="hidden")
        self.compare.click(lambda: gr.Tabs(selected="compare"), None, [page.tabs], queue=False)

    def begin(self, given: Given) -> tuple[Any, ...]:
        """Start to render the chosen frames and turn to this tab."""
        frames = FrameRange(int(given[self.shot.first]), int(given[self.shot.last]))
        shot: Shot = given[self.page.shot]
        run_id = self.page.runs.start(shot, self.look.recipe(given), frames, given[self.page.run_id])
        return run_id, gr.Tabs(selected="render"), *self.watch(run_id, 0)

    def halt(self, run_id: str) -> dict[str, Any]:
        """Ask the render to stop."""
        self.page.runs.stop(run_id)
        return gr.update(value="Stopping after this batch", interactive=False)

    def watch(self, run_id: str, seen: int) -> tuple[Any, ...]:
        """What has changed since the page looked last. seen: which of the run's pictures the page has."""
        run = self.page.runs.find(run_id)
        if run is None:
            return gr.Timer(active=False), *[gr.skip()] * (len(self.watched) - 1)
        outcome = run.outcome
        at_work, finished = outcome is None, outcome is not None and outcome.kind == "finished"
        again = "Go on" if run.unfinished else "Render shot"
        return (
            gr.Timer(active=at_work),
            run.pictures,
            run.newest if run.pictures != seen else gr.skip(),
            progress_of(run, time.monotonic()),
            gr.Button(again, interactive=not at_work),
            gr.skip() if at_work and run.stop.is_set() else gr.Button("Stop", interactive=at_work),
            "" if outcome is None else outcome_of(outcome),
            gr.Button(visible=finished),
        )


def progress_of(run: Run, now: float) -> str:
    """A render's progress as HTML: one line in words, and a bar for every stage."""
    where = f"{escape(run.order.shot.name)} {run.order.out.name}"
    bars = "".join(_bar(label, run.stages.get(name)) for name, label in STAGES.items())
    words = _words(run, now) if run.outcome is None else ""
    return f'<div class="progress"><p><b>{where}</b> {words}</p>{bars}</div>'


def outcome_of(outcome: Outcome) -> str:
    """How a render ended, as HTML."""
    heading = HEADINGS[outcome.kind]
    text = f"{outcome.message} {outcome.hint}".removeprefix(f"{heading}.").strip()
    warnings = "".join(notice("Note", warning, "warn") for warning in outcome.warnings)
    return notice(heading, text, COLOURS[outcome.kind]) + warnings


def _words(run: Run, now: float) -> str:
    if not run.stages:
        return "is starting."
    name = list(run.stages)[-1]
    stage = run.stages[name]
    if stage.done == 0:
        return "is at its first frames."
    words = f"frame {stage.done} of {stage.total}"
    pace, left = stage.seconds_a_frame, stage.seconds_left(now)
    if name == "passes" and pace is not None and left is not None:
        words += f" · {pace:.1f} s a frame · {time_left(left)} left"
    return words


def _bar(label: str, stage: Stage | None) -> str:
    share, words = (0.0, "waits") if stage is None else (stage.done / stage.total, f"{stage.done} of {stage.total}")
    if stage is not None and stage.reused:
        words += f", {stage.reused} kept from before"
    return (
        f'<div class="stage-row"><span>{label}</span><i><i style="width:{share:.1%}"></i></i>'
        f'<span class="quiet">{words}</span></div>'
    )
