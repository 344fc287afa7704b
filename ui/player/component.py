"""The player as a component of the page, and what it is given to show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
SCRIPTS = ("reel.js", "picture.js", "curves.js", "player.js")
START = """
const player = new Player(element.querySelector(".player"), trigger);
const read = () => player.open(props.value ? JSON.parse(props.value) : null);
watch("value", read);
read();
"""


@dataclass(frozen=True)
class Curve:
    """A measure frame by frame: `a` of the plate and `b` of the render, None where there is none.

    figure: the measure in a word, beside the curve. unit: what is counted, below its name.
    """

    name: str
    unit: str
    figure: str
    a: Sequence[float | None]
    b: Sequence[float | None]


@dataclass(frozen=True)
class Flag:
    """A frame to look at, counted from 0 in the movie, on the curve that says so."""

    frame: int
    curve: str


@dataclass(frozen=True)
class Note:
    """What somebody said of a frame, counted from 0 in the movie."""

    frame: int
    text: str


@dataclass(frozen=True)
class Shown:
    """What the player shows.

    source: address of the stacked movie. first: the plate's number of its frame 0. count: its frames.
    tile: width and height of one picture in it. tiles: what each is called, from the top, two or
    three. start: frame to open at.
    stills: addresses of the tiles of the frame `still_frame` at full size, shown while the player stands there.
    """

    source: str
    rate: Fraction
    first: int
    count: int
    tile: tuple[int, int]
    tiles: Sequence[str]
    start: int
    curves: Sequence[Curve]
    flags: Sequence[Flag]
    notes: Sequence[Note]
    cuts: Sequence[int]
    stills: Sequence[str] = ()
    still_frame: int = -1

    def value(self) -> str:
        """The player's value. Numbers that JSON does not know are None."""
        data: Mapping[str, object] = asdict(self) | {"rate": [self.rate.numerator, self.rate.denominator]}
        return json.dumps(data, allow_nan=False)


def player() -> gr.HTML:
    """The player, empty. Its event `select` asks for a note on the plate's frame in `event.frame`; `stop` says that it
    stands at `event.frame`, counted from 0 in the movie.
    """
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return gr.HTML(
        html_template=(HERE / "player.html").read_text(encoding="utf-8"),
        css_template=(HERE / "player.css").read_text(encoding="utf-8"),
        js_on_load="\n".join([*scripts, START]),
        elem_id="player",
    )
