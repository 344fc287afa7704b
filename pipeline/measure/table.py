"""The measurements in an artist's words: one row a figure, beside its ceiling.

Rows are made of the plain data that lies in measurements.json, so the command line, the page and the web app show the
same rows, also for a render of last week.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

Data = Mapping[str, Any]
"""A part of measurements.json."""

HEAD = ("", "render", "ceiling", "how to read it")
NAMES = {
    "mouth": "mouth opening",
    "smile": "smile",
    "blink": "blink",
    "brow": "brow",
    "blink left": "left eye",
    "blink right": "right eye",
    "gaze": "gaze",
}
CEILING = "ceiling: the same figure for the plate itself under 3 % gain and grain of sigma 1.5"


class Row(NamedTuple):
    """Name, the render's figure and its ceiling as text, "-" where there is none, and how to read it.

    missing: whether the render has no figure; then the last column says why.
    """

    name: str
    render: str
    ceiling: str
    reading: str
    missing: bool


def table_of(told: Iterable[Row]) -> str:
    """The rows as text, with a head and a word on the ceiling."""
    lines = [HEAD, *(row[:4] for row in told)]
    widths = [max(len(row[column]) for row in lines) for column in range(3)]
    text = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in lines]
    return "\n".join([*text, CEILING])


def rows(measurements: Data) -> Iterator[Row]:
    """Every figure of measurements.json, or of `Report.to_json`, the faces first."""
    frames = measurements["frames"]
    seen = f"{measurements['frames_with_face']} of {frames['last'] - frames['first'] + 1}"
    yield row("faces found", measurements["faces_found"], "{:.0%}", f"of the plate's faces, in {seen} frames")
    kept = "timing and strength of what moves; 1 = all of it"
    yield row("expression kept", measurements["expression_kept"], "{:.2f}", kept)
    for name, curve in measurements["expression"].items():
        yield from _curve_rows(NAMES[name], curve)
    yield from _eye_rows(measurements)
    yield from _sync_rows(measurements["lip_sync"])
    yield from _shape_rows(measurements)
    yield from _likeness_rows(measurements["likeness"])
    yield from _picture_rows(measurements)


def row(name: str, figure: Data, form: str, reading: str) -> Row:
    """One figure (value, ceiling, reason) as a row. form: how its numbers are written."""
    ceiling = "-" if figure["ceiling"] is None else form.format(figure["ceiling"])
    if figure["value"] is None:
        return Row(name, "-", ceiling, figure["reason"], missing=True)
    return Row(name, form.format(figure["value"]), ceiling, reading, missing=False)


def _curve_rows(name: str, curve: Data) -> Iterator[Row]:
    if curve["kept"]["value"] is None:
        yield Row(name, "-", "-", curve["kept"]["reason"], missing=True)
        return
    yield row(f"{name}: timing", curve["timing"], "{:.2f}", "correlation with the plate; 1 = the same movement")
    yield row(f"{name}: strength", curve["strength"], "{:.2f}", "gain; below 1 = flatter, above 1 = exaggerated")
    yield row(f"{name}: kept", curve["kept"], "{:.2f}", "timing and strength in one; 1 = all of it")
    yield row(f"{name}: lag", curve["lag"], "{:+.0f}", "frames after the plate; 0 = in time")


def _eye_rows(measurements: Data) -> Iterator[Row]:
    for eye, blinks in measurements["blinks"].items():
        added = f"; {blinks['added']} more that it has not" if blinks["added"] else ""
        yield row(f"blinks shown, {eye}", blinks["recall"], "{:.0%}", f"of the plate's {blinks['count']}{added}")
    if "gaze" in measurements["finer"]:
        gaze = measurements["finer"]["gaze"]["timing"]
        yield row("gaze: timing", gaze, "{:.2f}", "left and right; correlation with the plate")


def _sync_rows(sync: Data) -> Iterator[Row]:
    own, best = sync["plate_lag"] or 0.0, sync["plate_correlation"] or 0.0
    doubt = ", perhaps by chance" if best < (sync["chance"] or 0.0) else ""
    yield row("lip sync: lag", sync["lag"], "{:+.0f}", f"frames after the sound; in the plate {own:+.0f}")
    yield row("lip sync: match", sync["correlation"], "{:.2f}", f"with the loudness; in the plate {best:.2f}{doubt}")


def _shape_rows(measurements: Data) -> Iterator[Row]:
    if measurements["blendshapes_reason"]:
        yield Row("blendshapes", "-", "-", measurements["blendshapes_reason"], missing=True)
    for name, curve in measurements["blendshapes"].items():
        yield row(f"{name}: kept", curve["kept"], "{:.2f}", "timing and strength in one; 1 = all of it")


def _likeness_rows(likeness: Data) -> Iterator[Row]:
    own = "" if likeness["plate"] is None else f"; in the plate {likeness['plate']:.2f}"
    yield row("likeness: drift", likeness["steady"], "{:.2f}", f"distance to the face's own mean; 0 = steady{own}")
    yield row("likeness: to the plate", likeness["to_plate"], "{:.2f}", "distance; under 0.64 = the same person")
    yield row(
        "likeness: to the character", likeness["to_character"], "{:.2f}", "distance; under 0.64 = the same person"
    )


def _picture_rows(measurements: Data) -> Iterator[Row]:
    for region, flicker in measurements["flicker"].items():
        own = (
            ""
            if flicker["plate"] is None
            else f"levels above the plate's own {flicker['plate']:.2f}; lower is steadier"
        )
        yield row(f"flicker added, {region}", flicker["added"], "{:+.2f}", own)
        yield row(f"flicker ratio, {region}", flicker["ratio"], "{:.2f}", "times the plate's own; 1 = as steady")
    for name, reading in (
        ("detail", "the plate's own fine structure; 1 = as sharp, 0 = lost"),
        ("texture", "fine structure that stays on things; 1 = the plate's"),
        ("structure", "edges and silhouettes kept; 1 = all, 0 = none"),
    ):
        for region, one in measurements[name].items():
            yield row(f"{name}, {region}", one["figure"], "{:.2f}", reading)
    for region, one in measurements.get("distance", {}).items():
        yield row(f"distance, {region}", one["figure"], "{:.1f}", "levels from the engine look; 0 = untouched")
