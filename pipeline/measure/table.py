"""The measurements in an artist's words: one row a figure, beside its ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.measure.acting import CurveFigures
from pipeline.measure.compare import Figure

HEAD = ("", "render", "ceiling", "how to read it")
NAMES = {"mouth": "mouth opening", "smile": "smile", "blink": "blink", "brow": "brow"}
Row = tuple[str, str, str, str]


def table_of(
    seen: str,
    faces: Figure,
    kept: Figure,
    curves: Sequence[CurveFigures],
    flicker: Mapping[str, Figure],
    own_flicker: Mapping[str, float | None],
) -> str:
    """The table as text.

    seen: in how many frames the plate shows a face. flicker: flicker added, by region.
    own_flicker: the plate's own, by region, in levels of 255.
    """
    reading = f"of the plate's faces, which show in {seen} frames; more is better"
    rows: list[Row] = [
        _row("faces found", faces, "{:.0%}", reading),
        _row("expression kept", kept, "{:.2f}", "timing and strength of what moves; 1 = all of it"),
        *(row for curve in curves for row in _curve_rows(curve)),
        *_flicker_rows(flicker, own_flicker),
    ]
    widths = [max(len(row[column]) for row in (HEAD, *rows)) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in (HEAD, *rows)]
    return "\n".join([*lines, "ceiling: the same figure for the plate itself under 3 % gain and grain of sigma 1.5"])


def _row(name: str, figure: Figure, form: str, reading: str) -> Row:
    if figure.value is None:
        return name, "-", "-" if figure.ceiling is None else form.format(figure.ceiling), figure.reason
    return name, form.format(figure.value), "-" if figure.ceiling is None else form.format(figure.ceiling), reading


def _curve_rows(curve: CurveFigures) -> Iterator[Row]:
    name = NAMES[curve.name]
    if curve.kept.value is None:
        yield name, "-", "-", curve.kept.reason
        return
    yield _row(f"{name}: timing", curve.timing, "{:.2f}", "correlation with the plate; 1 = the same movement")
    yield _row(
        f"{name}: strength", curve.strength, "{:.2f}", "gain; below 1 = flatter than the plate, above 1 = exaggerated"
    )
    yield _row(f"{name}: kept", curve.kept, "{:.2f}", "timing and strength in one; 1 = all of it")


def _flicker_rows(flicker: Mapping[str, Figure], own: Mapping[str, float | None]) -> Iterator[Row]:
    for region, figure in flicker.items():
        level = own[region]
        reading = "" if level is None else f"levels of 255 above the plate's own {level:.2f}; lower is steadier"
        yield _row(f"flicker added, {region}", figure, "{:+.2f}", reading)
