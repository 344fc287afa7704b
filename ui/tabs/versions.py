"""The versions of a shot in words: what was measured of each, and what differs from one to the next."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jobs.job import Job, State
from pipeline.errors import RecipeError
from pipeline.version import OutFolder
from ui.differences import Difference, differences
from ui.rows import table
from verbs.orders import footage_of, frames_of, out_of, passes_of, patch_of, recipe_of

WORDS: dict[State, str] = {"queued": "in line", "running": "rendering", "cancelled": "stopped", "done": "finished"}
LISTED = 12
"""Versions in the list, the newest first."""
SHOWN = 6
"""Differences that are told."""


def changed_since(versions: Sequence[Job], job: Job) -> str:
    """What differs between a render and the one before it, as HTML; nothing for the first."""
    before = [one for one in versions if one.created < job.created]
    if not before:
        return ""
    try:
        found = differences(recipe_of(before[-1]), recipe_of(job))
    except RecipeError:
        return ""
    rows = [*_read_otherwise(before[-1], job), *found]
    told = "".join(
        f"<dt>{escape(where or 'shot')}</dt><dd>{escape(name)} {escape(old)} → {escape(new)}</dd>"
        for where, name, old, new in rows[:SHOWN]
    )
    more = f'<p class="quiet">and {len(rows) - SHOWN} more</p>' if len(rows) > SHOWN else ""
    listed = f'<dl class="pairs">{told}</dl>{more}' if rows else '<p class="quiet">Nothing: it is the same again.</p>'
    patch = patch_of(job)
    only = "" if patch is None else f"Frames {patch.frames.first}-{patch.frames.last} of {patch.base.name} are redone."
    alone = f'<p class="quiet">{escape(only)}</p>' if only else ""
    return f'<p class="heading">Changed since {out_of(before[-1]).name}</p>{alone}{listed}'


def _read_otherwise(before: Job, job: Job) -> list[Difference]:
    """What differs in the frames, in how the shot's files are read, in its cuts, and in the engine's passes."""
    frames = Difference("", "frames", *(f"{each.first}-{each.last}" for each in (frames_of(before), frames_of(job))))
    folders = passes_of(before), passes_of(job)
    passes = Difference("", "engine passes", *("none" if each is None else each.name for each in folders))
    found = [frames, *differences(footage_of(before), footage_of(job)), passes]
    return [one for one in found if one.before != one.now]


def versions_of(versions: Sequence[Job]) -> str:
    """Every version of a shot with its figures, the newest first, as HTML."""
    newest = {out_of(job): job for job in versions}
    rows = [_row(job) for job in list(newest.values())[::-1][:LISTED]]
    return f'<p class="heading">Versions</p>{table(("", "", "Expression", "Flicker"), rows)}' if rows else ""


def _row(job: Job) -> tuple[str, ...]:
    out = OutFolder(out_of(job))
    when = time.strftime("%d %b %H:%M", time.localtime(job.finished)) if job.state == "done" and job.finished else ""
    measured = _measured(out) if job.state == "done" else {}
    expression = measured.get("expression_kept", {}).get("value")
    flicker = measured.get("flicker", {}).get("whole frame", {}).get("ratio", {}).get("value")
    return (
        out.path.name,
        when or WORDS.get(job.state, job.state),
        "-" if expression is None else f"{expression:.2f}",
        "-" if flicker is None else f"{flicker:.2f} ×",
    )


def _measured(out: OutFolder) -> Mapping[str, Any]:
    try:
        return json.loads(out.measurements.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
