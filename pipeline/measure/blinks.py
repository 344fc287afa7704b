"""Blinks: whether the render shuts its eyes when the plate does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measure.acting import CEILING, NO_FACE, PLATE, RENDER, Person
from pipeline.measure.compare import Curve, Figure
from pipeline.measure.expression import NAMES

EYES = {"both eyes": "blink", "left eye": "blink left", "right eye": "blink right"}
"""The curve that says how far an eye is shut; left and right are the character's own."""
SHUT = 0.4
"""Of the way from rest to shut; on the sample shots blinks reach 0.6 to 0.95 and narrowed eyes stay under 0.25."""
FOLLOWED = 0.5
"""A blink is shown when the render's eye goes at least so far as this part of the plate's blink."""
NEAR = 2
"""Frames that the render's blink may come before or after."""


@dataclass(frozen=True)
class Blinks:
    """The blinks of one eye. eye: of EYES. count: blinks in the plate.

    recall: the share of them that the render shows too, 0..1.
    added: blinks of the render where the plate's eye stays open; None when the render shows no face.
    """

    eye: str
    recall: Figure
    count: int
    added: int | None


def blinks_of(people: Sequence[Person]) -> tuple[Blinks, ...]:
    """The blinks of all people together, for both eyes and for each; empty when the plate shows nobody."""
    return tuple(_blinks(eye, people, NAMES.index(curve)) for eye, curve in EYES.items()) if people else ()


def _blinks(eye: str, people: Sequence[Person], curve: int) -> Blinks:
    clips = [[person.dense(clip, curve) for person in people] for clip in (PLATE, RENDER, CEILING)]
    shown = {
        clip: [one for pair in zip(clips[PLATE], clips[clip], strict=True) for one in _shown(*pair)]
        for clip in (RENDER, CEILING)
    }
    if not any(np.isfinite(render).any() for render in clips[RENDER]):
        return Blinks(eye, Figure(None, None, NO_FACE), len(shown[CEILING]), None)
    added = sum(_added(*pair) for pair in zip(clips[PLATE], clips[RENDER], strict=True))
    if not shown[RENDER]:
        return Blinks(eye, Figure(None, None, "no blink in the plate"), 0, added)
    recall = Figure(float(np.mean(shown[RENDER])), float(np.mean(shown[CEILING])))
    return Blinks(eye, recall, len(shown[RENDER]), added)


def _runs(curve: Curve) -> Iterator[slice]:
    """The stretches of frames in which an eye is shut."""
    shut = np.concatenate([[False], curve >= SHUT, [False]])
    turns = np.flatnonzero(shut[1:] != shut[:-1])
    for first, end in zip(turns[::2], turns[1::2], strict=True):
        yield slice(int(first), int(end))


def _around(curve: Curve, run: slice) -> float:
    """The most that a curve reaches in a run or near it; 0 where it has no value."""
    near = curve[max(run.start - NEAR, 0) : run.stop + NEAR]
    return float(np.nanmax(near)) if np.isfinite(near).any() else 0.0


def _shown(plate: Curve, other: Curve) -> Iterator[bool]:
    for run in _runs(plate):
        yield _around(other, run) >= FOLLOWED * float(np.nanmax(plate[run]))


def _added(plate: Curve, render: Curve) -> int:
    return sum(_around(plate, run) < FOLLOWED * float(np.nanmax(render[run])) for run in _runs(render))
