"""From what was measured of a version to what the player draws under the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ui.notes import FrameNote
from ui.player.component import Curve, Flag, Note

Measured = Mapping[str, Any]
"""What lies in measurements.json."""
FACES = {"mouth": ("Mouth", "open / face"), "blink": ("Blink", "lids / face"), "smile": ("Smile", "corners / face")}
"""Curve in the measurements -> its name under the picture, and its unit."""
WHOLE = "whole frame"


def curves_of(measured: Measured) -> list[Curve]:
    """Mouth, blink and smile of the person seen most, and the flicker of the whole frame."""
    first, count = measured["frames"]["first"], measured["frames"]["last"] - measured["frames"]["first"] + 1
    people = sorted(measured["people"], key=lambda person: len(person["frames"]), reverse=True)
    curves = [curve for person in people[:1] for curve in _face(person, first, count)]
    return [*curves, *_flicker(measured)]


def flags_of(measured: Measured, curves: Sequence[Curve]) -> list[Flag]:
    """The frames to look at first, on the curve that shows why, as far as that is drawn."""
    first, drawn = measured["frames"]["first"], {curve.name for curve in curves}
    named = ((worst["frame"] - first, _curve_of(worst)) for worst in measured["worst"])
    return [Flag(frame, name) for frame, name in named if name in drawn]


def notes_of(notes: Sequence[FrameNote], first: int) -> list[Note]:
    """The notes as marks."""
    return [Note(note.frame - first, note.text) for note in notes]


def _face(person: Mapping[str, Any], first: int, count: int) -> Iterator[Curve]:
    places = [frame - first for frame in person["frames"]]
    for name, (label, unit) in FACES.items():
        if name not in person["plate"]:
            continue
        timing = person["expression"].get(name, {}).get("timing", {}).get("value")
        sides = [_spread(person[clip][name], places, count) for clip in ("plate", "render")]
        yield Curve(label, unit, "still" if timing is None else f"r {timing:.2f}", *sides)


def _spread(values: Sequence[float | None], places: Sequence[int], count: int) -> list[float | None]:
    spread: list[float | None] = [None] * count
    for place, value in zip(places, values, strict=True):
        spread[place] = value
    return spread


def _flicker(measured: Measured) -> Iterator[Curve]:
    whole = measured["flicker"].get(WHOLE)
    if whole is None:
        return
    sides = [[None if row is None else row[side] for row in whole["curve"]] for side in (0, 1)]
    ratio = whole["ratio"]["value"]
    yield Curve("Flicker", "levels", "-" if ratio is None else f"{ratio:.2f} × plate", *sides)


def _curve_of(worst: Mapping[str, Any]) -> str:
    if worst["measure"] == "flicker":
        return "Flicker"
    return FACES.get(worst["name"], ("",))[0]
