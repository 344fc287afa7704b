"""The measurements of a render as a table for the page: the rows that the command line shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from pipeline.measure.table import CEILING, Row, rows

FIRST = (
    "faces found",
    "expression kept",
    "mouth opening: kept",
    "blink: kept",
    "lip sync: lag",
    "flicker ratio, whole frame",
    "flicker added, whole frame",
    "detail, whole frame",
    "likeness: to the plate",
)
"""The figures that are shown at once; all of them are one click away."""


def table_of(measurements: Mapping[str, Any]) -> str:
    """What lies in measurements.json as HTML, each figure beside its ceiling; a figure that is absent says why."""
    told = list(rows(measurements))
    short = _table([row for row in told if row.name in FIRST])
    return f"{short}<details><summary>Every figure</summary>{_table(told)}</details>"


def _table(told: Iterable[Row]) -> str:
    head = f'<tr><th></th><th>Render</th><th title="{escape(CEILING)}">Ceiling</th></tr>'
    return f'<table class="figures">{head}{"".join(map(_row, told))}</table>'


def _row(row: Row) -> str:
    label = escape(row.name.capitalize())
    if row.missing:
        return f'<tr><td>{label}</td><td colspan="2" class="quiet">{escape(row.reading or "-")}</td></tr>'
    reading = escape(row.reading)
    return f'<tr title="{reading}"><td>{label}</td><td>{escape(row.render)}</td><td>{escape(row.ceiling)}</td></tr>'
