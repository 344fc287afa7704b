"""Queue: every job of this person, and how to steer it; for whoever runs the server, everyone's as well."""

from __future__ import annotations

import time
from html import escape
from typing import Any

import gradio as gr

from jobs.executor import Newest
from jobs.job import UNFINISHED, Job, State
from studio import Studio
from ui.page import Page, owner_of, watching
from ui.pictures import small
from ui.rows import bar, button, rows, table
from ui.say import notice, said, time_left
from ui.tabs.render import RenderTab
from verbs.orders import out_of, shot_name_of
from verbs.renders import RENDER

EMPTY = notice("Nothing is in line", "What you render or train appears here, and goes on when the browser is closed.")
HEADS = ("Place", "Job", "Shot", "Progress", "Left", "")
OTHERS = ("Place", "Who", "Job", "Progress", "Left")
MOST_ENDED = 30
"""Ended jobs that are listed, newest first."""
WORDS: dict[State, str] = {"queued": "waits", "paused": "paused", "cancelled": "stopped", "done": "finished"}
VERBS: dict[State, tuple[tuple[str, str], ...]] = {
    "running": (("pause", "Pause"), ("cancel", "Stop")),
    "queued": (("pause", "Pause"), ("cancel", "Stop")),
    "paused": (("go_on", "Go on"), ("cancel", "Stop")),
    "failed": (("go_on", "Go on"), ("remove", "Remove")),
    "cancelled": (("go_on", "Go on"), ("remove", "Remove")),
    "done": (("remove", "Remove"),),
}
"""State -> what can be asked of a job: verb and word."""
OF_RENDERS = (("show", "Show"), ("again", "Again"))


class QueueTab:
    """The tab's controls and handlers."""

    def __init__(self, page: Page) -> None:
        self.page, self.timer = page, gr.Timer(1.5, active=False)
        with gr.Column(elem_classes="sheet"):
            gr.HTML('<p class="heading">Queue</p>')
            self.list = rows("queue")
            self.others = gr.HTML(elem_id="queue-of-others")

    def wire(self, render: RenderTab) -> None:
        """Connect the handlers. The list is looked at while the tab is open."""
        page, shown = self.page, [self.list, self.others]
        page.tabs.select(watching("Queue"), None, [self.timer], queue=False, show_progress="hidden")
        gr.on(
            [page.tabs.select, self.timer.tick],
            said(self.show),
            None,
            shown,
            queue=False,
            show_progress="hidden",
        )
        asked = self.list.select(
            said(self.ask), [page.run_id], [page.run_id, page.tabs, *shown], queue=False, show_progress="hidden"
        )
        asked.then(render.watch, [page.run_id, render.seen], render.watched, queue=False, show_progress="hidden")

    def show(self, request: gr.Request) -> tuple[str, str]:
        """The jobs as they are now."""
        owner = owner_of(request)
        jobs = in_order(self.page.studio.jobs_of(owner).jobs())
        return table(HEADS, [self.row(owner, job) for job in jobs]) or EMPTY, self.of_others(owner)

    def row(self, owner: str, job: Job) -> list[str]:
        """A job of the page's owner."""
        mine = self.page.studio.jobs_of(owner)
        where = place_of(job, mine.place(job.id))
        newest = self.thumbnail(owner, mine.newest(job.id)) if job.state == "running" else ""
        shot = shot_name_of(job) if job.kind == RENDER else ""
        return [where, escape(what_of(job)), escape(shot), newest + progress_of(job), left_of(job), buttons_of(job)]

    def thumbnail(self, owner: str, newest: Newest | None) -> str:
        """The newest frame of a job at work, as HTML."""
        if newest is None:
            return ""
        path = self.page.pictures.keep(owner, small(newest.picture))
        return f'<img class="newest" alt="newest frame" src="gradio_api/file={escape(path)}">'

    def of_others(self, owner: str) -> str:
        """Other people's unfinished jobs: how many; their names and kinds for whoever runs the server."""
        executor = self.page.studio.jobs
        jobs = [job for job in executor.jobs() if job.owner != owner and job.state in UNFINISHED]
        if not jobs or not self.page.who(owner).admin:
            count = f"{len(jobs)} job{'s' if len(jobs) > 1 else ''} of other people in line or at work."
            return f'<p class="quiet">{count}</p>' if jobs else ""
        found = [
            [
                place_of(job, executor.place(job.id)),
                escape(self.page.who(job.owner).display),
                job.kind,
                progress_of(job, told=False),
                left_of(job),
            ]
            for job in jobs
        ]
        return '<p class="heading">Everyone else</p>' + table(OTHERS, found)

    def ask(self, run_id: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Do what a button asks of a job."""
        owner, job_id, verb = owner_of(request), str(event.what), str(event.verb)
        studio, mine, tabs = self.page.studio, self.page.studio.jobs_of(owner), gr.skip()
        if verb == "show":
            run_id, tabs = mine.job(job_id).id, gr.Tabs(selected="render")
        elif verb == "again":
            run_id = studio.renders.again(owner, job_id).id
        else:
            steer(studio, owner, verb, job_id)
        return run_id, tabs, *self.show(request)


def in_order(jobs: list[Job]) -> list[Job]:
    """Those at work first, then those that wait, then those that ended, newest first."""
    ended = [job for job in reversed(jobs) if job.state not in UNFINISHED]
    waiting = [job for job in jobs if job.state in UNFINISHED]
    return [*sorted(waiting, key=lambda job: job.state != "running"), *ended[:MOST_ENDED]]


def buttons_of(job: Job) -> str:
    """What can be asked of a job in its state, as HTML."""
    if job.wish is not None:
        return "one moment"
    verbs = VERBS[job.state] + (OF_RENDERS if job.kind == RENDER and job.state == "done" else ())
    return "".join(button(verb, job.id, word) for verb, word in verbs)


def steer(studio: Studio, owner: str, verb: str, job_id: str) -> None:
    """Pause, stop, take up or forget one of an owner's jobs. Raises PhotoplayError."""
    mine = studio.jobs_of(owner)
    if verb == "go_on":
        studio.renders.go_on(owner, job_id)
    elif verb in ("pause", "cancel", "remove"):
        getattr(mine, verb)(job_id)


def what_of(job: Job) -> str:
    """What a job does, in words: `render v003`, `train ava`."""
    return f"{job.kind} {out_of(job).name}"


def place_of(job: Job, place: int | None) -> str:
    """Where a job is in line."""
    if job.state == "running":
        return "now"
    return "–" if place is None else str(place + 1)


def progress_of(job: Job, told: bool = True) -> str:
    """How far a job is, as HTML; with the reason why it waits or failed, where that is for this person to see."""
    words = WORDS.get(job.state, "")
    if job.stages and job.state in ("running", "paused", "failed", "cancelled"):
        name, stage = list(job.stages.items())[-1]
        words = f"{bar(stage.done / max(stage.total, 1))} {escape(name)} {stage.done} of {stage.total}"
        words += f", {WORDS[job.state]}" if job.state in WORDS else ""
    if told and job.reason is not None:
        colour = "error" if job.state == "failed" else "warn"
        words += f'<p class="{colour}">{escape(job.reason.message)} {escape(job.reason.hint)}</p>'
    return words or "starts"


def left_of(job: Job) -> str:
    """How long the stage that a job is at will take."""
    if job.state != "running" or not job.stages:
        return ""
    left = list(job.stages.values())[-1].seconds_left(time.time())
    return "" if left is None else time_left(left)
