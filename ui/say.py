"""Errors and words: the only place of the UI that catches errors, and the page's small pieces of text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import ParamSpec, TypeVar

import gradio as gr

from pipeline.clip.shot import Shot
from pipeline.errors import PhotoplayError
from workspaces.quota import Usage, told

SHOWN = 30
"""Seconds that a message stays, unless it is closed."""

Made = TypeVar("Made")
Given = ParamSpec("Given")


def attempt(work: Callable[[], Made]) -> Made | PhotoplayError:
    """What `work` returns, or the error that an artist can act on. Every other error is a fault of ours and goes on."""
    try:
        return work()
    except PhotoplayError as error:
        return error


def said(handler: Callable[Given, Made]) -> Callable[Given, Made]:
    """The handler, whose PhotoplayError is shown in the page; whatever it would have changed stays as it was.

    Only for events that go through the queue: the page hears nothing of a warning in any other.
    """

    @wraps(handler)
    def show(*given: Given.args, **named: Given.kwargs) -> Made:
        made = attempt(lambda: handler(*given, **named))
        if isinstance(made, PhotoplayError):
            gr.Warning(sentence(made), duration=SHOWN)
            return gr.skip()  # pyright: ignore[reportReturnType]  # Gradio's word for "leave every output alone"
        return made

    return show


def sentence(error: PhotoplayError) -> str:
    """The error as HTML: file names in it are shown, never obeyed."""
    return f"{escape(error.message)} {escape(error.hint)}".strip()


def notice(title: str, text: str = "", state: str = "") -> str:
    """A note in the page, as HTML. state: "", "ok", "warn" or "error"; the title says it in words."""
    return f'<div class="note {state}"><b>{escape(title)}</b><span>{escape(text)}</span></div>'


def facts(shot: Shot) -> str:
    """What the file is, as an HTML list, with what was assumed or changed when reading it."""
    seconds = float(len(shot.frames) / shot.rate)
    rows = {
        "Clip": shot.name,
        "Picture": f"{shot.width} × {shot.height}" + ("" if shot.pixel_aspect == 1 else ", pixels not square"),
        "Rate": f"{float(shot.rate):.6g} frames a second",
        "Length": f"{len(shot.frames)} frames, {seconds:.1f} s",
        "Colour": shot.colour_space,
        "Sound": "yes, carried over" if shot.sound else "none",
    }
    listed = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    return f'<dl class="facts">{listed}</dl>' + "".join(notice("Note", text, "warn") for text in shot.notes)


def room_of(usage: Usage) -> str:
    """How much of their room an owner has used, as HTML."""
    colour = "warn" if usage.used > 0.9 * usage.allowed else ""
    return f'<p class="quiet {colour}">{told(usage.used)} of {told(usage.allowed)} used</p>'


def signed_in(display: str) -> str:
    """Who is signed in, with the way out, as HTML; nothing where nobody has to. The link works below any path."""
    return f'{escape(display)} · <a href="sign-out">Sign out</a>' if display else ""


def time_left(seconds: float) -> str:
    """A length of time as one would say it."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10:.0f} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60):.0f} min"
    return f"about {seconds / 3600:.1f} hours"
