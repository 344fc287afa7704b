"""The acting in plate, render and ceiling copy: collected frame by frame, compared at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measure.compare import FEWEST_FRAMES, Curve, Figure, Likeness, amplitude, joined, likeness
from pipeline.measure.expression import CURVES, FINER, MESH, Signs, Source
from pipeline.measure.timing import Lag, best_lag

CLIPS = ("plate", "render", "ceiling")
PLATE, RENDER, CEILING = range(3)

TIMES_NOISE = 4.0
"""A curve moves when its amplitude is at least this many times its noise."""

STILL = "does not move"
STILL_THERE = "does not move where the render has a face"
STILL_RENDER = "stands still in the render"
NO_FACE = "no face in the render"
TOO_SHORT = "too few frames with a face"
UNLIKE = "does not follow the plate"


@dataclass(frozen=True, eq=False)
class Person:
    """One person in one set-up. person: the number. frames: n frame numbers of the plate.

    curves: float64 [3, n, names] in the orders of CLIPS and of the source's names; NaN where a clip shows no face, or
    no gaze. source: how the face was read.
    """

    person: int
    frames: tuple[int, ...]
    curves: Signs
    source: Source = MESH

    def dense(self, clip: int, curve: int) -> Curve:
        """A curve with a value for every frame from the first to the last, NaN where there is none."""
        values = np.full(self.frames[-1] - self.frames[0] + 1, np.nan)
        values[np.array(self.frames) - self.frames[0]] = self.curves[clip, :, curve]
        return values


class Acting:
    """Collects what a source reads of every followed person. Keeps numbers for each face, no pictures."""

    def __init__(self, source: Source = MESH) -> None:
        self._source = source
        self._seen: dict[int, list[tuple[int, Signs]]] = {}

    def add(self, frame: int, person: int, signs: Signs) -> None:
        """What a person's face does in one frame: signs [3, names], NaN where a clip shows no face."""
        self._seen.setdefault(person, []).append((frame, signs))

    def people(self) -> tuple[Person, ...]:
        """Everybody whose face was seen in the plate, with the frames in which it was."""
        found = []
        for person, seen in sorted(self._seen.items()):
            kept = [(frame, signs) for frame, signs in seen if np.isfinite(signs[PLATE]).all()]
            if kept:
                clips = np.stack([signs for _, signs in kept], axis=1)
                curves = np.stack([self._curves(clip) for clip in clips])
                found.append(Person(person, tuple(frame for frame, _ in kept), curves, self._source))
        return tuple(found)

    def _curves(self, signs: Signs) -> Signs:
        curves = np.full_like(signs, np.nan)
        found = np.isfinite(signs).all(axis=1)
        if found.any():
            curves[found] = self._source.curves_of(signs[found])
        return curves


@dataclass(frozen=True)
class CurveFigures:
    """What is said of one curve.

    name: of the source's names. timing: correlation, None when the render stands still. strength: gain.
    kept: concordance, timing and strength in one. lag: frames that the render comes later, at the best correlation.
    amplitude: how far the plate's curve moves. noise: standard deviation of ceiling copy against plate; same unit.
    coverage: share of the plate's values that the render has too, 0..1.
    """

    name: str
    timing: Figure
    strength: Figure
    kept: Figure
    amplitude: float | None
    noise: float | None
    lag: Figure
    coverage: float


def paired(people: Sequence[Person], curve: int, clip: int) -> tuple[Curve, Curve]:
    """The plate's curve and a clip's over all frames where both have the face, without everybody's means: [n] each."""
    return joined((person.curves[PLATE, :, curve], person.curves[clip, :, curve]) for person in people)


def curve_figures(people: Sequence[Person], names: Sequence[str] = CURVES) -> tuple[CurveFigures, ...]:
    """The figures of the named curves over all people, read from one source; empty when the plate shows nobody."""
    return tuple(_figures(people, people[0].source.names.index(name)) for name in names) if people else ()


def finer_figures(people: Sequence[Person]) -> tuple[CurveFigures, ...]:
    """The figures of each eye alone and of the gaze; empty when the plate shows nobody."""
    return curve_figures(people, FINER)


def _figures(people: Sequence[Person], index: int) -> CurveFigures:
    source = people[0].source
    name = source.names[index]
    plate, copy = paired(people, index, CEILING)
    if len(plate) < FEWEST_FRAMES:
        return _without(name, TOO_SHORT, None, None)
    span, noise = amplitude(plate), float(np.std(copy - plate))
    least = max(source.least[name], TIMES_NOISE * noise)
    if span < least:
        return _without(name, STILL, span, noise)
    best = likeness(plate, copy)
    both = paired(people, index, RENDER)
    ours, reason = _rendered(*both, least)
    timing, strength, kept = (
        Figure(value, ceiling, reason if value is None else "") for value, ceiling in zip(ours, best, strict=True)
    )
    seen = sum(int(np.isfinite(person.curves[PLATE, :, index]).sum()) for person in people)
    lag = _lag(people, index, reason)
    return CurveFigures(name, timing, strength, kept, span, noise, lag, len(both[0]) / seen)


def _lag(people: Sequence[Person], index: int, reason: str) -> Figure:
    found = {clip: _lag_of(people, index, clip) for clip in (RENDER, CEILING)}
    copy = found[CEILING]
    ceiling = None if copy is None else float(copy.frames)
    render = found[RENDER]
    if reason or render is None or not render.sure:
        return Figure(None, ceiling, reason or UNLIKE)
    return Figure(float(render.frames), ceiling)


def _lag_of(people: Sequence[Person], index: int, clip: int) -> Lag | None:
    return best_lag([(person.dense(PLATE, index), person.dense(clip, index)) for person in people])


def _rendered(plate: Curve, render: Curve, least: float) -> tuple[Likeness, str]:
    """How the render's curve follows the plate's, and why it cannot be said where it cannot."""
    if len(plate) < FEWEST_FRAMES:
        return Likeness(None, None, None), TOO_SHORT if len(plate) else NO_FACE
    if amplitude(plate) < least:
        return Likeness(None, None, None), STILL_THERE
    found = likeness(plate, render)
    return (found._replace(correlation=None), STILL_RENDER) if amplitude(render) < least else (found, "")


def _without(name: str, reason: str, span: float | None, noise: float | None) -> CurveFigures:
    nothing = Figure(None, None, reason)
    return CurveFigures(name, nothing, nothing, nothing, span, noise, nothing, 0.0)


def expression_kept(curves: Sequence[CurveFigures]) -> Figure:
    """The mean, over the curves that move, of concordance over its ceiling, each within 0..1. The ceiling is 1.

    It falls when the acting comes late, flatter, exaggerated or not at all.
    """
    shares = list(_shares(curves))
    if shares:
        return Figure(float(np.mean(shares)), 1.0)
    return Figure(None, None, curves[0].kept.reason if curves else "no face in the plate")


def _shares(curves: Sequence[CurveFigures]) -> Iterator[float]:
    for curve in curves:
        if curve.kept.value is not None and curve.kept.ceiling:
            yield min(max(curve.kept.value / curve.kept.ceiling, 0.0), 1.0)


def faces_found(people: Sequence[Person]) -> Figure:
    """The share of the plate's faces that the render shows too, 0..1."""
    if not people:
        return Figure(None, None, "no face in the plate")
    found = np.concatenate([np.isfinite(person.curves[..., : len(CURVES)]).all(axis=2) for person in people], axis=1)
    return Figure(float(found[RENDER].mean()), float(found[CEILING].mean()))
