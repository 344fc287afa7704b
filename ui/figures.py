"""The measurements of a render as a table for the page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pipeline.measure.compare import Figure
from pipeline.measure.report import Report
from pipeline.measure.table import NAMES

READING = (
    "Ceiling: the plate itself under a little grain, measured the same way. "
    "Expression: 1 is all of it. Flicker: in levels of 255, 0 adds none."
)
Row = tuple[str, Figure, str]
"""Name, figure and how its numbers are written."""


def table_of(report: Report) -> str:
    """The figures as HTML, each beside its ceiling; a figure that is absent says why."""
    rows = "".join(_row(*row) for row in _rows(report))
    head = "<tr><th></th><th>Render</th><th>Ceiling</th></tr>"
    return f'<table class="figures">{head}{rows}</table><p class="quiet">{READING}</p>'


def _rows(report: Report) -> Iterator[Row]:
    yield "faces found", report.faces, "{:.0%}"
    yield "expression kept", report.expression_kept, "{:.2f}"
    for curve in report.expression:
        if curve.kept.value is None:
            yield NAMES[curve.name], curve.kept, "{:.2f}"
        else:
            yield f"{NAMES[curve.name]}, timing", curve.timing, "{:.2f}"
            yield f"{NAMES[curve.name]}, strength", curve.strength, "{:.2f}"
    for flicker in report.flicker:
        yield f"flicker added, {flicker.region}", flicker.added, "{:+.2f}"


def _row(name: str, figure: Figure, form: str) -> str:
    label = escape(name.capitalize())
    if figure.value is None:
        return f'<tr><td>{label}</td><td colspan="2" class="quiet">{escape(figure.reason or "-")}</td></tr>'
    ceiling = "-" if figure.ceiling is None else form.format(figure.ceiling)
    return f"<tr><td>{label}</td><td>{form.format(figure.value)}</td><td>{ceiling}</td></tr>"
