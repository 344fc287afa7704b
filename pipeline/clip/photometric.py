"""Finding out what an exporter's motion vectors mean, by trying every meaning on the plate."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.clip.moving import MOVES, Sample, moving_files, sample_of
from pipeline.clip.occlusion import fetched, hidden_by_longer
from pipeline.clip.pictures import listed
from pipeline.clip.plausible import check_cut_off, check_length
from pipeline.clip.rendered import Rendered
from pipeline.clip.shot import Shot
from pipeline.clip.vectors import Convention, meanings, shifts, units_of
from pipeline.errors import FootageError

MOST_OFF = 12.0
"""Levels of 255: a difference above this counts as this much, so that cuts and hidden parts do not decide."""
CONVINCING = 0.7
"""The right meaning leaves at most this share of the error that no motion leaves."""
TIE = 1.02
"""Of meanings whose errors are this close, the most usual is taken."""
SURROUND = 9
"""Pixels: the side of the square around a moving pixel that is compared as well."""


@dataclass(frozen=True)
class Trial:
    """One meaning and how well it predicts the plate: mean absolute error in levels of 255 over what moves."""

    convention: Convention
    error: float


@dataclass(frozen=True)
class Verdict:
    """What was found out. trials: best first. still: the error if nothing moved. notes: for the artist."""

    convention: Convention
    trials: tuple[Trial, ...]
    still: float
    numbers: tuple[int, ...]
    notes: tuple[str, ...]

    def table(self, rows: int = 8) -> str:
        """The best meanings and their errors as lines of text, and the error of no motion."""
        lines = [f"{trial.error:8.2f}  {trial.convention.words}" for trial in self.trials[:rows]]
        return "\n".join(
            ["   error  meaning (levels of 255, over what moves)", *lines, f"{self.still:8.2f}  no motion"]
        )


def test_vectors(shot: Shot, firsts: tuple[int, ...]) -> Verdict:
    """Which meaning of the vectors predicts the plate best.

    A frame of the plate is made from its neighbour by each meaning; the least error wins. First the signs, the unit and
    the way in time are tried with the likeliest number as frame 0, then the best of them with every number.
    firsts: the numbers that may belong to frame 0, the likeliest first. Raises FootageError when no meaning is
    convincingly better than no motion at all, when negative values were cut off, when all vectors are too long or too
    short, or when a file cannot be read.
    """
    rendered = _rendered(shot)
    chosen = moving_files(rendered, firsts)
    if not chosen:
        usual = Convention(1, -1, "previous", firsts[0], "size")
        return Verdict(usual, (), 0.0, (), ("The motion vectors hold no motion, so their meaning was not tested.",))
    units = units_of([vectors for _, vectors, _ in chosen])
    samples = [sample_of(shot, file, firsts, units == ("pixels",)) for file in chosen]
    tried = {each: _errors(each, samples) for each in meanings(firsts[0], units)}
    if not _convincing(tried):
        tried |= {each: _errors(each, samples) for first in firsts[1:] for each in meanings(first, units)}
    best = min(tried, key=lambda each: tried[each][0])
    tried |= {each: _errors(each, samples) for each in shifts(best, firsts)}
    check_cut_off(min(tried, key=lambda each: tried[each][0]), samples)
    trials = [Trial(each, error) for each, (error, _) in tried.items()]
    verdict = _verdict(trials, min(still for _, still in tried.values()), samples)
    check_length(verdict.convention, samples)
    return verdict


def _convincing(tried: dict[Convention, tuple[float, float]]) -> bool:
    return min(error for error, _ in tried.values()) <= CONVINCING * min(still for _, still in tried.values())


def _verdict(trials: list[Trial], still: float, samples: list[Sample]) -> Verdict:
    """trials: the most usual meanings first."""
    least = min(trial.error for trial in trials)
    if not least <= CONVINCING * still:
        raise FootageError(
            f"The motion vectors do not fit the plate: their best meaning is off by {least:.2f} levels, "
            f"no motion at all by {still:.2f}.",
            "Record them together with the plate, or leave them out: the motion is then estimated.",
        )
    close = [trial for trial in trials if trial.error <= TIE * least]
    best, numbers = close[0], tuple(sample.number for sample in samples)
    notes = [f"Motion vectors: {best.convention.words}."]
    if len(close) > 1:
        notes.append(f"Another meaning of the motion vectors fits as well ({close[1].convention.words}).")
    broken = tuple(sample.number for sample in samples if not sample.known.all())
    if broken:
        notes.append(f"Motion vectors {listed(broken)} hold values that are no numbers; these count as unknown.")
    return Verdict(best.convention, tuple(sorted(trials, key=lambda each: each.error)), still, numbers, tuple(notes))


def _rendered(shot: Shot) -> Rendered:
    if shot.rendered is None:
        raise FootageError(f"{shot.name} has no engine passes.", "Give the folder that they are in.")
    return shot.rendered


def _errors(convention: Convention, samples: list[Sample]) -> tuple[float, float]:
    """Mean error of the plate predicted by this meaning, and predicted by no motion, over the same pixels.

    These are the pixels that move and those around them, without what the vectors themselves show to be hidden.
    """
    moved, still, count = 0.0, 0.0, 0
    for sample in samples:
        frame, other = sample.pair(convention)
        if frame not in sample.plate or other not in sample.plate:
            continue
        here, there = sample.plate[frame], sample.plate[other]
        motion = convention.pixels(sample.vectors)
        offset = -motion if convention.towards == "previous" else motion
        predicted, inside = fetched(there, offset)
        moves = (np.abs(motion).max(axis=-1) > MOVES).astype(np.uint8)
        around = cv2.dilate(moves, np.ones((SURROUND, SURROUND), np.uint8)) > 0
        counts = around & inside & sample.known & ~hidden_by_longer(offset)
        moved += float(np.minimum(np.abs(predicted - here), MOST_OFF)[counts].sum())
        still += float(np.minimum(np.abs(there - here), MOST_OFF)[counts].sum())
        count += int(counts.sum())
    return (moved / count, still / count) if count else (float("inf"), float("inf"))
