"""A training on the page while it runs: its jobs, its loss, and the artist's own frame by step."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from jobs.job import Job
from studio import Studio
from ui.rows import table
from ui.say import notice
from ui.tabs.queue import buttons_of, in_order, left_of, place_of, progress_of
from verbs.training_orders import TRAIN
from verbs.training_results import Result

HEADS = ("Place", "Training", "Progress", "Left", "")
NOTHING = notice("Nothing is training", "Drop pictures, read what is missing, and start.")
WIDTH, HEIGHT = 600, 120
SMOOTH = 0.9
MOST = 24
"""Pictures of a training's steps that are shown."""


def family(results: Sequence[Result], name: str) -> list[Result]:
    """A training and its variations: it first, then those whose names begin with its own."""
    found = [one for one in results if one.name == name or one.name.startswith(f"{name}-")]
    return sorted(found, key=lambda one: one.name != name)


def jobs_table(studio: Studio, owner: str) -> str:
    """The trainings of an owner in line and at work, and the last that ended, as HTML."""
    mine = studio.jobs_of(owner)
    jobs = [job for job in in_order(mine.jobs()) if job.kind == TRAIN][:8]
    rows = [
        [place_of(job, mine.place(job.id)), told(job), progress_of(job), left_of(job), buttons_of(job)] for job in jobs
    ]
    return table(HEADS, rows) or NOTHING


def told(job: Job) -> str:
    """What a training is called, and how it differs, as HTML."""
    settings = job.spec["training"]
    assert isinstance(settings, dict)
    return (
        f'{escape(str(settings["name"]))} <span class="quiet">rank {settings["rank"]}, rate {settings["rate"]:g}</span>'
    )


def loss_curve(losses: Sequence[tuple[int, float]]) -> str:
    """The loss over the steps, as SVG: every step thin, their running mean above it."""
    if len(losses) < 2:
        return ""
    steps, values = [step for step, _ in losses], [loss for _, loss in losses]
    top, mean, means = max(values) or 1.0, values[0], list[float]()
    for value in values:
        mean = SMOOTH * mean + (1 - SMOOTH) * value
        means.append(mean)
    last = f"Loss {means[-1]:.4f} at step {steps[-1]}"
    lines = "".join(
        f'<polyline class="{name}" points="{points(steps, given, top)}"/>'
        for name, given in (("each", values), ("mean", means))
    )
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"'
    return f'<p class="quiet">{last}</p><svg class="loss" {box} role="img" aria-label="{last}">{lines}</svg>'


def points(steps: Sequence[int], values: Sequence[float], top: float) -> str:
    """Places of a line in the picture; the first step is at the left, 0 at the bottom."""
    first, span = steps[0], max(steps[-1] - steps[0], 1)
    each = max(1, len(steps) // WIDTH)
    return " ".join(
        f"{(step - first) / span * WIDTH:.1f},{HEIGHT - value / top * (HEIGHT - 4):.1f}"
        for step, value in list(zip(steps, values, strict=True))[::each]
    )


def samples_of(results: Sequence[Result], name: str) -> list[tuple[Path, str]]:
    """The artist's frame at each saved step of a training, and at the last step of each of its variations."""
    found: list[tuple[Path, str]] = []
    for one in family(results, name):
        samples = list(one.samples.items())
        kept = samples[-MOST:] if one.name == name else samples[-1:]
        found += [(path, f"{one.name} at {step}") for step, path in kept]
    return found
