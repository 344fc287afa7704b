"""What all tabs share: the studio's verbs, the renders at work, and what this page knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipeline.frames import FrameRange
from studio import LOCAL, Studio
from ui.pictures import Pictures
from ui.runs import Runs
from ui.say import signed_in


@dataclass(frozen=True)
class Person:
    """Somebody as the page calls them. admin: whether they run this server, and may change what all share."""

    display: str
    admin: bool


Who = Callable[[str], Person]
"""Owner -> the person. Whoever sits at this machine runs it."""


@dataclass(frozen=True)
class Page:
    """What a tab is built with.

    pictures: those that the browser is given. shot: the Shot on the page.
    run_id: this browser's newest render, kept over a reload. look: what it had on the Look tab last.
    tabs: the row of tabs, so that a handler can turn to another. who: the people behind the owners' ids.
    """

    studio: Studio
    pictures: Pictures
    runs: Runs
    shot: gr.State
    run_id: gr.BrowserState
    look: gr.BrowserState
    tabs: gr.Tabs
    who: Who

    def greeting(self, request: gr.Request) -> str:
        """Who is signed in, with the way out, as HTML."""
        return signed_in(self.who(owner_of(request)).display)


def owner_of(request: gr.Request) -> str:
    """Whose page it is that asks: the user who signed in, or whoever sits at this machine."""
    return request.username or LOCAL


def watching(tab: str) -> Callable[[gr.SelectData], gr.Timer]:
    """A handler for the row of tabs: a timer that runs while the tab of this name is open."""

    def turned(chosen: gr.SelectData) -> gr.Timer:
        return gr.Timer(active=chosen.value == tab)

    return turned


def viewer() -> gr.Image:
    """The picture of a tab: as large as fits, without loss."""
    return gr.Image(
        show_label=False,
        interactive=False,
        buttons=[],
        format="png",
        elem_classes="viewer",
    )


def gallery(name: str, columns: int, **more: Any) -> gr.Gallery:
    """Small pictures side by side, each whole, to be clicked. more: what `gr.Gallery` takes besides."""
    plain = {"object_fit": "contain", "allow_preview": False, "format": "png", "buttons": [], "type": "filepath"}
    return gr.Gallery(show_label=False, columns=columns, interactive=False, elem_id=name, **plain | more)


def frame_slider(name: str) -> gr.Slider:
    """Which frame the viewer shows."""
    return gr.Slider(0, 1, 0, step=1, label="Frame", interactive=True, elem_id=name, elem_classes="frame")


def moved_to(frames: FrameRange, frame: int) -> gr.Slider:
    """The frame slider over a range. With a single frame there is nothing to slide."""
    last = max(frames.last, frames.first + 1)
    return gr.Slider(frames.first, last, frame, interactive=len(frames) > 1)
