"""Render: start, watch, pause, stop. The work is the server's; this tab only looks at it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from jobs.job import Reached, State
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange, Picture
from pipeline.version import OutFolder
from studio import Studio
from ui.bind import Given
from ui.page import Page, owner_of, viewer
from ui.runs import STAGES, Run
from ui.say import notice, said, time_left
from ui.tabs.look import LookTab
from ui.tabs.shot import ShotTab
from ui.tabs.versions import changed_since, versions_of
from verbs.orders import frames_of, out_of, plate_of, shot_name_of
from verbs.renders import RENDER

IDLE = notice("Nothing is rendering", "The frames chosen under Shot are rendered with the settings under Look.")
DELIVERED = {"delivery.master": "Master beside the mp4", "delivery.crf": "Quality (CRF)"}
"""Setting of the delivery -> what the page calls it."""
OUTLIVES = "You can close the browser. The render goes on, and this page finds it again."
KEPT = "Finished frames are kept: render again to go on."
ENDINGS: dict[State, tuple[str, str, str]] = {
    "done": ("Finished", "", "ok"),
    "paused": ("Paused", KEPT, "warn"),
    "cancelled": ("Stopped", KEPT, "warn"),
    "failed": ("It could not be finished", "", "error"),
}
"""State -> heading, what is said when the job gives no reason, and colour."""


class RenderTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page, look: LookTab) -> None:
        self.page, self.look = page, look
        self.timer, self.seen = gr.Timer(1, active=False), gr.State("")
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="stage"):
                self.viewer = viewer()
                self.progress = gr.HTML(IDLE, elem_id="progress")
            with gr.Column(elem_classes="side wide"):
                self.start = gr.Button("Render shot", variant="primary", elem_id="render")
                with gr.Row():
                    self.pause = gr.Button("Pause", interactive=False, elem_id="pause", min_width=80)
                    self.stop = gr.Button("Stop", interactive=False, elem_id="stop", min_width=80)
                self.outcome = gr.HTML(elem_id="outcome")
                self.compare = gr.Button("Compare with the plate", visible=False, elem_id="to-compare")
                gr.HTML(f'<p class="quiet">{OUTLIVES}</p>')
                self.changed = gr.HTML(elem_id="changed")
                gr.HTML('<p class="heading">Deliver</p>')
                for name, label in DELIVERED.items():
                    look.bound.add(
                        name, look.first, label=label, elem_classes="setting", elem_id=name.replace(".", "-")
                    )
                self.versions = gr.HTML(elem_id="versions")
        self.watched: list[Component] = [
            self.timer,
            self.seen,
            self.viewer,
            self.progress,
            self.start,
            self.pause,
            self.stop,
            self.outcome,
            self.compare,
            self.changed,
            self.versions,
        ]

    def wire(self, shot: ShotTab, more: Sequence[gr.Button] = ()) -> None:
        """Connect the handlers. more: buttons of other tabs that render the shot too."""
        page = self.page
        self.shot = shot
        given = {page.shot, page.run_id, shot.first, shot.last, *self.look.settings}
        gr.on(
            [button.click for button in (self.start, self.look.render, shot.render, *more)],
            said(self.begin),
            given,
            [page.run_id, page.tabs, *self.watched],
            show_progress="hidden",
        )
        self.pause.click(said(self.hold), [page.run_id], [self.pause], show_progress="hidden")
        self.stop.click(said(self.halt), [page.run_id], [self.stop], show_progress="hidden")
        self.timer.tick(self.watch, [page.run_id, self.seen], self.watched, queue=False, show_progress="hidden")
        self.compare.click(lambda: gr.Tabs(selected="compare"), None, [page.tabs], queue=False)

    def begin(self, given: Given, request: gr.Request) -> tuple[Any, ...]:
        """Put the chosen frames in line and turn to this tab."""
        frames = FrameRange(int(given[self.shot.first]), int(given[self.shot.last]))
        shot: Shot = given[self.page.shot]
        owner, previous = owner_of(request), given[self.page.run_id]
        run_id = self.page.runs.start(owner, shot, self.look.recipe(given), frames, previous)
        return run_id, gr.Tabs(selected="render"), *self.watch(run_id, "", request)

    def hold(self, run_id: str, request: gr.Request) -> dict[str, Any]:
        """Ask the render to pause."""
        self.page.runs.pause(owner_of(request), run_id)
        return gr.update(value="Pausing", interactive=False)

    def halt(self, run_id: str, request: gr.Request) -> dict[str, Any]:
        """Ask the render to stop."""
        self.page.runs.stop(owner_of(request), run_id)
        return gr.update(value="Stopping", interactive=False)

    def watch(self, run_id: str, seen: str, request: gr.Request) -> tuple[Any, ...]:
        """What has changed since the page looked last. seen: which of the run's pictures the page has."""
        owner = owner_of(request)
        run = self.page.runs.find(owner, run_id)
        if run is None:
            return gr.Timer(active=False), *[gr.skip()] * (len(self.watched) - 1)
        state, asked = run.job.state, run.job.wish is not None
        picture = picture_of(self.page.studio, run) if run.seen != seen else None
        return (
            gr.Timer(active=run.at_work or state == "paused"),
            run.seen,
            gr.skip() if picture is None else self.page.pictures.keep(owner, picture),
            progress_of(run, time.time()),
            gr.Button("Go on" if run.resumable else "Render shot", interactive=not run.at_work),
            gr.skip() if asked else gr.Button("Pause", interactive=run.at_work),
            gr.skip() if asked else gr.Button("Stop", interactive=run.at_work or state == "paused"),
            outcome_of(run),
            gr.Button(visible=state == "done"),
            *self._around(owner, run, seen),
        )

    def _around(self, owner: str, run: Run, seen: str) -> tuple[Any, Any]:
        """What differs from the version before, and every version of the shot; looked up when a picture is new."""
        if run.seen == seen:
            return gr.skip(), gr.skip()
        jobs = [job for job in self.page.studio.jobs_of(owner).jobs() if job.kind == RENDER]
        versions = [job for job in jobs if job.spec.get("key") == run.job.spec["key"]]
        return changed_since(versions, run.job), versions_of(versions)


def picture_of(studio: Studio, run: Run) -> Picture | None:
    """The newest finished frame; of a finished render its last one, and the plate's before there is any."""
    delivered = OutFolder(out_of(run.job)).render
    if run.job.state == "done" and delivered.exists():
        rendered = studio.shot(delivered)
        return studio.frame(rendered, rendered.frames.last)
    if run.newest is not None:
        return run.newest.picture
    return (
        studio.frame(studio.renders.shot_of(run.job), frames_of(run.job).first) if plate_of(run.job).is_file() else None
    )


def progress_of(run: Run, now: float) -> str:
    """A render's progress as HTML: one line in words, and a bar for every stage."""
    where = f"{escape(shot_name_of(run.job))} {out_of(run.job).name}"
    before = {name: name.capitalize() for name in run.job.stages if name not in STAGES}
    bars = "".join(_bar(label, run.job.stages.get(name)) for name, label in (before | STAGES).items())
    words, right = _words(run, now)
    total = f'<i class="total"><i style="width:{share_of(run):.1%}"></i></i>' if run.at_work else ""
    return f'<div class="progress"><p><b>{where}</b> {words}<span>{right}</span></p>{total}{bars}</div>'


def share_of(run: Run) -> float:
    """How far a render is, 0..1: nearly all of the time goes into the passes."""
    passes = run.job.stages.get("passes")
    return 0.0 if passes is None else passes.done / passes.total


def outcome_of(run: Run) -> str:
    """How a render ended or why it waits for a person, as HTML; nothing while it is at work."""
    if run.job.state not in ENDINGS:
        return ""
    heading, text, colour = ENDINGS[run.job.state]
    reason = run.job.reason
    told = notice(heading, text if reason is None else f"{reason.message} {reason.hint}".strip(), colour)
    return told + "".join(notice("Note", warning, "warn") for warning in _warnings(run))


def _warnings(run: Run) -> list[str]:
    """What a finished render had to leave out."""
    manifest = OutFolder(out_of(run.job)).manifest
    if run.job.state != "done" or not manifest.exists():
        return []
    return json.loads(manifest.read_text(encoding="utf-8"))["warnings"]


def _words(run: Run, now: float) -> tuple[str, str]:
    """What a render is at, and its pace with the time left."""
    if run.job.state == "queued":
        return "is next in line." if not run.place else f"waits in line, {run.place} before it.", ""
    if run.job.state != "running":
        return "", ""
    if not run.job.stages:
        return "is starting.", ""
    name = list(run.job.stages)[-1]
    stage = run.job.stages[name]
    if stage.done == 0:
        return "is at its first frames.", ""
    pace, left, words = stage.seconds_a_frame, stage.seconds_left(now), f"frame {stage.done} of {stage.total}"
    if name == "passes" and pace is not None and left is not None:
        return words, f"{pace:.1f} s a frame · <b>{time_left(left)} left</b>"
    return words, ""


def _bar(label: str, stage: Reached | None) -> str:
    share, words = (0.0, "waits") if stage is None else (stage.done / stage.total, f"{stage.done} of {stage.total}")
    if stage is not None and stage.reused:
        words += f", {stage.reused} kept from before"
    return (
        f'<div class="stage-row"><span>{label}</span><i><i style="width:{share:.1%}"></i></i>'
        f'<span class="quiet">{words}</span></div>'
    )
