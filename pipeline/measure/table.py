"""The measurements in an artist's words: one row a figure, beside its ceiling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.measure.acting import CurveFigures
from pipeline.measure.compare import Figure

if TYPE_CHECKING:
    from pipeline.measure.report import Report

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
Row = tuple[str, str, str, str]
"""Name, render, ceiling, how to read it."""


def table_of(rows: Iterable[Row]) -> str:
    """The rows as text, with a head and a word on the ceiling."""
    lines = [HEAD, *rows]
    widths = [max(len(row[column]) for row in lines) for column in range(3)]
    text = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in lines]
    return "\n".join([*text, CEILING])


def rows_of(report: Report) -> Iterator[Row]:
    """Every figure of the report."""
    seen = f"{report.frames_with_face} of {len(report.frames)}"
    yield _row("faces found", report.faces, "{:.0%}", f"of the plate's faces, in {seen} frames")
    yield _row("expression kept", report.expression_kept, "{:.2f}", "timing and strength of what moves; 1 = all of it")
    for curve in report.expression:
        yield from _curve_rows(curve)
    yield from _eye_rows(report)
    yield from _sync_rows(report)
    for flicker in report.flicker:
        own = "" if flicker.plate is None else f"levels above the plate's own {flicker.plate:.2f}; lower is steadier"
        yield _row(f"flicker added, {flicker.region}", flicker.added, "{:+.2f}", own)
    for name, regions, reading in (
        ("detail", report.detail, "the plate's own fine structure; 1 = as sharp, 0 = lost"),
        ("texture", report.texture, "fine structure that stays on things; 1 = the plate's"),
        ("structure", report.structure, "edges and silhouettes kept; 1 = all, 0 = none"),
    ):
        for region in regions:
            yield _row(f"{name}, {region.region}", region.figure, "{:.2f}", reading)


def _row(name: str, figure: Figure, form: str, reading: str) -> Row:
    ceiling = "-" if figure.ceiling is None else form.format(figure.ceiling)
    if figure.value is None:
        return name, "-", ceiling, figure.reason
    return name, form.format(figure.value), ceiling, reading


def _curve_rows(curve: CurveFigures) -> Iterator[Row]:
    name = NAMES[curve.name]
    if curve.kept.value is None:
        yield name, "-", "-", curve.kept.reason
        return
    yield _row(f"{name}: timing", curve.timing, "{:.2f}", "correlation with the plate; 1 = the same movement")
    yield _row(f"{name}: strength", curve.strength, "{:.2f}", "gain; below 1 = flatter, above 1 = exaggerated")
    yield _row(f"{name}: kept", curve.kept, "{:.2f}", "timing and strength in one; 1 = all of it")
    yield _row(f"{name}: lag", curve.lag, "{:+.0f}", "frames after the plate; 0 = in time")


def _eye_rows(report: Report) -> Iterator[Row]:
    for blinks in report.blinks:
        added = f"; {blinks.added} more that it has not" if blinks.added else ""
        yield _row(f"blinks shown, {blinks.eye}", blinks.recall, "{:.0%}", f"of the plate's {blinks.count}{added}")
    for curve in report.finer:
        if curve.name == "gaze":
            yield _row("gaze: timing", curve.timing, "{:.2f}", "left and right; correlation with the plate")


def _sync_rows(report: Report) -> Iterator[Row]:
    sync = report.lip_sync
    own, best = sync.plate_lag or 0.0, sync.plate_correlation or 0.0
    doubt = ", perhaps by chance" if best < (sync.chance or 0.0) else ""
    yield _row("lip sync: lag", sync.lag, "{:+.0f}", f"frames after the sound; in the plate {own:+.0f}")
    yield _row("lip sync: match", sync.correlation, "{:.2f}", f"with the loudness; in the plate {best:.2f}{doubt}")
