"""The filmstrip as a component of the page, and what it is given to show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
START = """
const film = new Film(element.querySelector(".film"), trigger);
const read = () => film.open(props.value ? JSON.parse(props.value) : null);
watch("value", read);
read();
"""


@dataclass(frozen=True)
class Strip:
    """What the filmstrip shows.

    shot: the key of the shot. picture: address of the pictures side by side. shown: the frame of each of them.
    first, last: frames of the shot.
    chosen: first and last frame of the range. at: the frame in the viewer. cuts: first frames of new set-ups.
    by_hand: those of them that somebody has set.
    sizes: side of the largest face by frame, from the shot's first on, None where there is none; empty = not known.
    """

    shot: str
    picture: str
    shown: Sequence[int]
    first: int
    last: int
    chosen: tuple[int, int]
    at: int
    cuts: Sequence[int]
    sizes: Sequence[int | None]
    by_hand: Sequence[int] = ()

    def value(self) -> str:
        """The component's value."""
        return json.dumps(asdict(self))


def film(name: str) -> gr.HTML:
    """An empty filmstrip. Events: `select` brings `event.frame`, `input` a range as `event.first` and `event.last`."""
    script = (HERE / "film.js").read_text(encoding="utf-8")
    return gr.HTML(
        html_template='<div class="film" hidden></div>',
        css_template=(HERE / "film.css").read_text(encoding="utf-8"),
        js_on_load="\n".join([script, START]),
        elem_id=name,
    )
