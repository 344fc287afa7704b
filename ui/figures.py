"""The measurements of a render as a table for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from pipeline.measure.table import NAMES

READING = (
    "Ceiling: the plate itself under a little grain, measured the same way. "
    "Expression: 1 is all of it. Flicker: in levels of 255, 0 adds none."
)
Figure = Mapping[str, Any]
"""A measured number as it lies in measurements.json: value, ceiling, and the reason when there is no value."""
Row = tuple[str, Figure, str]
"""Name, figure and how its numbers are written."""


def table_of(measurements: Mapping[str, Any]) -> str:
    """What lies in measurements.json as HTML, each figure beside its ceiling; a figure that is absent says why."""
    rows = "".join(_row(*row) for row in _rows(measurements))
    head = "<tr><th></th><th>Render</th><th>Ceiling</th></tr>"
    return f'<table class="figures">{head}{rows}</table><p class="quiet">{READING}</p>'


def _rows(measurements: Mapping[str, Any]) -> Iterator[Row]:
    yield "faces found", measurements["faces_found"], "{:.0%}"
    yield "expression kept", measurements["expression_kept"], "{:.2f}"
    for name, curve in measurements["expression"].items():
        if curve["kept"]["value"] is None:
            yield NAMES[name], curve["kept"], "{:.2f}"
        else:
            yield f"{NAMES[name]}, timing", curve["timing"], "{:.2f}"
            yield f"{NAMES[name]}, strength", curve["strength"], "{:.2f}"
    for region, flicker in measurements["flicker"].items():
        yield f"flicker added, {region}", flicker["added"], "{:+.2f}"


def _row(name: str, figure: Figure, form: str) -> str:
    label, value, ceiling = escape(name.capitalize()), figure["value"], figure["ceiling"]
    if value is None:
        return f'<tr><td>{label}</td><td colspan="2" class="quiet">{escape(figure["reason"] or "-")}</td></tr>'
    told = "-" if ceiling is None else form.format(ceiling)
    return f"<tr><td>{label}</td><td>{form.format(value)}</td><td>{told}</td></tr>"
