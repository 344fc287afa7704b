"""Curves over the frames of a shot as SVG, for a page without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import FrameRange

Scale = Callable[[float], float]
"""From a value to pixels from the top."""
Values = NDArray[np.float64]
"""float64 [frames]: one value for each frame, NaN where there is none."""

WIDTH, HEIGHT = 1000, 96
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 8, 18
"""Pixels around the plot: room for the scale on the left and for the frame numbers below."""
GRID_STEPS = (5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
MOST_LINES = 14


@dataclass(frozen=True, eq=False)
class Line:
    """One curve. kind: "plate", "render" or "ceiling", which is its CSS class. values: one for each frame."""

    kind: str
    values: Values


@dataclass(frozen=True)
class Axis:
    """frames: the range along x. cuts: first frames of new set-ups. marks: frames to look at first."""

    frames: FrameRange
    cuts: Sequence[int]
    marks: Sequence[int]

    def x(self, frame: float) -> float:
        """Where a frame lies, in pixels."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (frame - self.frames.first) / max(len(self.frames) - 1, 1)


def chart(name: str, lines: Sequence[Line], axis: Axis, form: str, base: Sequence[float] = ()) -> str:
    """One plot of all lines on a common scale. form: how the numbers on the scale are written.

    The scale ends at the least and the greatest value, and takes in those of `base`. A line breaks at cuts and where it
    has no value.
    """
    values = np.concatenate([*(line.values for line in lines), base])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    high = high if high > low else low + 1.0

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [
        *_grid(axis),
        *(_label(LEFT - 6, y(value) + 4, form.format(value), "end") for value in (low, high)),
        *(path for line in lines for path in _paths(line, axis, y)),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name, quote=True)}">{"".join(parts)}</svg>'
    )


def _grid(axis: Axis) -> Iterator[str]:
    step = next((step for step in GRID_STEPS if len(axis.frames) / step <= MOST_LINES), GRID_STEPS[-1])
    bottom = HEIGHT - BOTTOM
    for frame in range(-(-axis.frames.first // step) * step, axis.frames.last + 1, step):
        x = axis.x(frame)
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>' + _label(x, HEIGHT - 4, str(frame), "middle")
    for frame in axis.cuts:
        yield f'<path class="cut" d="M{axis.x(frame - 0.5):.1f} {TOP}V{bottom}"/>'
    for frame in axis.marks:
        yield f'<path class="mark" d="M{axis.x(frame):.1f} {bottom}l-4 6h8z"><title>frame {frame}</title></path>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _paths(line: Line, axis: Axis, y: Scale) -> Iterator[str]:
    """The line as one path; a single value becomes a stroke of no length, which round caps show as a dot."""
    strokes = []
    for first, values in _pieces(line.values, [cut - axis.frames.first for cut in axis.cuts]):
        points = [f"{axis.x(axis.frames.first + first + i):.1f} {y(value):.1f}" for i, value in enumerate(values)]
        strokes.append("M" + "L".join(points if len(points) > 1 else points * 2))
    if strokes:
        yield f'<path class="{line.kind}" d="{"".join(strokes)}"/>'


def _pieces(values: Values, cuts: Iterable[int]) -> Iterator[tuple[int, Values]]:
    """The stretches without a gap or a cut, each with the place where it starts."""
    ends = {0, len(values), *cuts, *(np.flatnonzero(np.diff(np.isfinite(values))) + 1).tolist()}
    for first, end in pairwise(sorted(ends)):
        if np.isfinite(values[first]):
            yield first, values[first:end]
