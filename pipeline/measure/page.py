"""The measurements of a render on one page: figures, curves and the frames to look at. No scripts, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from pipeline.measure.acting import CEILING, PLATE, RENDER, Person
from pipeline.measure.drawing import Axis, Line, Values, chart
from pipeline.measure.expression import CURVES
from pipeline.measure.regions import BACKGROUND, BODY, FACE, WHOLE, RegionFigures
from pipeline.measure.report import Report
from pipeline.measure.steadiness import RegionFlicker
from pipeline.measure.table import CEILING as ON_CEILING
from pipeline.measure.table import HEAD, NAMES, Row, rows

STYLE = """
:root{color-scheme:dark}
body{margin:0 auto;padding:24px;max-width:1040px;background:#161616;color:#e8e8e8;font:13px/1.5 system-ui,sans-serif}
h1{font-size:18px;font-weight:600;margin:0}h2{font-size:15px;font-weight:600;margin:28px 0 4px}
h3{font-size:12px;font-weight:600;margin:10px 0 0;color:#b4b4b4}p{margin:4px 0}
.quiet,td.why,td.read{color:#9a9a9a}
section{background:#1e1e1e;border:1px solid #333;border-radius:4px;padding:8px 12px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;color:#b4b4b4}td,th{padding:2px 12px 2px 0;border-bottom:1px solid #2a2a2a}
td:nth-child(2),td:nth-child(3),th:nth-child(2),th:nth-child(3){text-align:right;white-space:nowrap}
td:first-child{white-space:nowrap}
svg{display:block;width:100%;height:auto}
svg text{fill:#9a9a9a;font:11px system-ui,sans-serif;font-variant-numeric:tabular-nums}
path{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
.plate{stroke:#9a9a9a}.render{stroke:#74aede}.ceiling{stroke:#5c5c5c;stroke-dasharray:2 4}
.grid{stroke:#2c2c2c;stroke-width:1}.cut{stroke:#b4b4b4;stroke-width:1;stroke-dasharray:4 3}
.mark{fill:#e0aa55;stroke:none}
.key{display:inline-block;width:22px;border-top:2px solid;margin:0 6px 3px 16px;vertical-align:middle}
.key.plate{border-color:#9a9a9a}.key.render{border-color:#74aede}.key.ceiling{border-color:#5c5c5c;border-top-style:dotted}
.key.cut{border-color:#b4b4b4;border-top-style:dashed}.key.mark{border-color:#e0aa55}
ul{margin:4px 0;padding-left:18px;columns:2}
"""
KINDS = (("ceiling", CEILING), ("plate", PLATE), ("render", RENDER))
"""The lines of a plot, the render's on top."""
KEY = "".join(
    f'<span class="key {kind}"></span>{words}'
    for kind, words in (
        ("plate", "plate"),
        ("render", "render"),
        ("ceiling", "ceiling"),
        ("cut", "cut"),
        ("mark", "look here first"),
    )
)


def page_of(report: Report) -> str:
    """The page as HTML. The same report gives the same text."""
    title = escape(f"{report.render} against {report.plate}")
    frames = f"frames {report.frames.first} to {report.frames.last}"
    body = "".join(_body(report))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>"
        f'<h1>{title}</h1><p class="quiet">Measured over {frames} of the plate, '
        f"along {escape(report.motion)}.</p>{body}</body></html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    worst = report.worst()
    axis = Axis(report.frames, report.cuts, sorted({one.frame for one in worst}))
    yield f"<h2>Figures</h2><section>{_table(report)}</section>"
    if worst:
        items = "".join(f"<li>Frame {one.frame}: {escape(one.what)}</li>" for one in worst)
        yield f"<h2>Frames to look at</h2><section><ul>{items}</ul></section>"
    yield f'<h2>Curves</h2><p class="quiet">Along the plate&#39;s frame numbers.{KEY}</p>'
    if report.acting.people:
        yield f"<section>{''.join(_acting(report, axis))}</section>"
    if report.likeness.curve:
        yield f"<section>{''.join(_likeness(report, axis))}</section>"
    pictures = report.pictures
    plots = [_flicker(one, axis) for one in pictures.flicker if one.region in (FACE, BODY, BACKGROUND)]
    for name, regions in (
        ("Detail", pictures.detail),
        ("Texture", pictures.texture),
        ("Structure", pictures.structure),
    ):
        plots += [_kept(name, one, axis) for one in regions if one.region in (WHOLE, FACE)]
    yield f"<h2>Picture</h2><section>{''.join(plots)}</section>"


def _table(report: Report) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in HEAD)
    told = "".join(_row(row) for row in rows(report.to_json()))
    return f'<table><tr>{head}</tr>{told}</table><p class="quiet">{escape(ON_CEILING.capitalize())}.</p>'


def _row(row: Row) -> str:
    name, render, ceiling, reading = (escape(cell) for cell in row[:4])
    return f'<tr><td>{name}</td><td>{render}</td><td>{ceiling}</td><td class="read">{reading}</td></tr>'


def _acting(report: Report, axis: Axis) -> Iterator[str]:
    """A plot for each curve; several people in one frame get plots of their own."""
    groups = _rows_of_people(report.acting.people)
    for index, name in enumerate(CURVES):
        for number, people in enumerate(groups, 1):
            lines = [Line(kind, _curve(people, clip, index, axis)) for kind, clip in KINDS]
            which = f", person {number}" if len(groups) > 1 else ""
            yield _plot(f"{NAMES[name]}{which}", lines, axis, "{:.2f}")


def _rows_of_people(people: Sequence[Person]) -> list[list[Person]]:
    """The people sorted into as few rows as never hold two in one frame."""
    rows: list[list[Person]] = []
    for person in sorted(people, key=lambda one: one.frames[0]):
        row = next((row for row in rows if row[-1].frames[-1] < person.frames[0]), None)
        if row is None:
            rows.append([person])
        else:
            row.append(person)
    return rows


def _curve(people: Sequence[Person], clip: int, curve: int, axis: Axis) -> Values:
    values = np.full(len(axis.frames), np.nan)
    for person in people:
        values[np.array(person.frames) - axis.frames.first] = person.curves[clip, :, curve]
    return values


def _likeness(report: Report, axis: Axis) -> Iterator[str]:
    """How far each face lies from the person's own mean; the farthest where a frame has several."""
    values = np.full(len(axis.frames), np.nan)
    for frame, _, distance, *_ in report.likeness.curve:
        values[frame - axis.frames.first] = np.fmax(values[frame - axis.frames.first], distance)
    yield _plot("likeness, distance to the face's own mean", [Line("render", values)], axis, "{:.2f}", (0.0,))


def _flicker(one: RegionFlicker, axis: Axis) -> str:
    values = np.array([step or (np.nan,) * 3 for step in one.curve], np.float64)
    lines = [Line(kind, values[:, clip]) for kind, clip in KINDS]
    return _plot(f"Flicker, {one.region}, levels of 255", lines, axis, "{:.1f}", (0.0,))


def _kept(name: str, one: RegionFigures, axis: Axis) -> str:
    values = np.array([step or (np.nan,) * 2 for step in one.curve], np.float64)
    plate = Line("plate", np.where(np.isfinite(values[:, 0]), 1.0, np.nan))
    lines = [Line("ceiling", values[:, 1]), plate, Line("render", values[:, 0])]
    return _plot(f"{name}, {one.region}, 1 = the plate", lines, axis, "{:.2f}", (0.0, 1.0))


def _plot(name: str, lines: Sequence[Line], axis: Axis, form: str, base: Sequence[float] = ()) -> str:
    return f"<h3>{escape(name[:1].upper() + name[1:])}</h3>{chart(name, lines, axis, form, base)}"
