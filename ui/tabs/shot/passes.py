"""What the engine rendered beside the plate, in words."""

from __future__ import annotations

from html import escape

from ui.rows import table
from ui.say import notice
from verbs.attachments import PassReport

NO_PASSES = (
    '<p class="quiet">Depth, normals, motion vectors and object mattes from the engine make the picture steadier. '
    "Drop its folder as a zip. Unity writes them with the script in docs/unity.</p>"
)
TRIED = 4
"""Meanings of the motion vectors that are listed, the best first."""


def report_of(report: PassReport | None) -> str:
    """What was recognised, how it lies over the plate, and what the vectors mean, as HTML."""
    if report is None:
        return NO_PASSES
    rows = [[escape(kind), _files(files, frames), escape(lies)] for kind, files, frames, lies in report.rows]
    parts = [table(("Pass", "Files", "Over the plate"), rows)]
    if report.regions:
        parts.append(f'<p class="quiet">Regions for a pass: {escape(", ".join(report.regions))}</p>')
    if report.unused:
        parts.append(f'<p class="quiet">Not used: {escape(", ".join(report.unused))}</p>')
    return f'<div class="passes">{"".join(parts)}{vectors_of(report)}</div>'


def vectors_of(report: PassReport) -> str:
    """What the test of the motion vectors says, as HTML; nothing without vectors."""
    said = "".join(notice("Tested on the plate", words, "ok") for words in report.vectors)
    if not report.trials:
        return said
    tried = [[escape(words), f"{error:.2f}"] for words, error in report.trials[:TRIED]]
    tried.append(["no motion at all", f"{report.still:.2f}"])
    heads = ("How far each meaning is off, in levels of 255", "Off by")
    return f'{said}<details class="tried"><summary>Meanings that were tried</summary>{table(heads, tried)}</details>'


def _files(files: str, frames: str) -> str:
    return escape(files) + (f'<br><span class="quiet">{escape(frames)}</span>' if frames else "")
