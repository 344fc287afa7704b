"""What all tabs share: the studio's verbs, the renders at work, and what this page knows."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from pipeline.frames import FrameRange
from studio import LOCAL, Studio
from ui.pictures import Pictures
from ui.runs import Runs


@dataclass(frozen=True)
class Page:
    """What a tab is built with.

    pictures: those that the browser is given. shot: the Shot on the page.
    run_id: this browser's newest render, kept over a reload.
    tabs: the row of tabs, so that a handler can turn to another.
    """

    studio: Studio
    pictures: Pictures
    runs: Runs
    shot: gr.State
    run_id: gr.BrowserState
    tabs: gr.Tabs


def owner_of(request: gr.Request) -> str:
    """Whose page it is that asks: the user who signed in, or whoever sits at this machine."""
    return request.username or LOCAL


def viewer() -> gr.Image:
    """The picture of a tab: as large as fits, without loss."""
    return gr.Image(
        show_label=False,
        interactive=False,
        buttons=[],
        format="png",
        elem_classes="viewer",
    )


def frame_slider(name: str) -> gr.Slider:
    """Which frame the viewer shows."""
    return gr.Slider(0, 1, 0, step=1, label="Frame", interactive=True, elem_id=name, elem_classes="frame")


def moved_to(frames: FrameRange, frame: int) -> gr.Slider:
    """The frame slider over a range. With a single frame there is nothing to slide."""
    last = max(frames.last, frames.first + 1)
    return gr.Slider(frames.first, last, frame, interactive=len(frames) > 1)
