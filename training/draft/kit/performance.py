"""Acting over time, from a seed: moods, speech, blinks, gaze, head, hands and breath as curves. They are the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from training.draft.kit.acting import MOST_ASIDE, MOST_UP, SIDES, Arm, Moment, Side
from training.draft.kit.expressions import (
    CONSONANTS,
    EXPRESSIONS,
    VISEMES,
    VOWELS,
    Weights,
    gaze_units,
    merged,
    spread,
)
from training.draft.kit.palette import Values

Curves = dict[str, Values]
"""Face unit -> weight of every frame."""

BLINK = ((-0.10, -0.045, 0, 0.04, 0.17), (0, 0.8, 1, 0.85, 0))
"""Seconds about the middle of a blink, and how far the lids are closed."""


@dataclass(frozen=True)
class Part:
    """What an actor plays. frames at `rate` a second. play: how far the head turns, degrees. talk, hands: 0..1.

    moods: expressions in their order; drawn at random when empty.
    """

    seed: int
    frames: int
    rate: float = 24.0
    play: float = 22.0
    talk: float = 1.0
    hands: float = 0.0
    moods: tuple[str, ...] = ()


class Performance:
    """The curves of one part; `moment(frame)` reads them. The frame before the first is there too, for motion."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self._time = np.arange(-1, part.frames + 1) / part.rate
        self._rng = np.random.default_rng([part.seed, 77])
        self._mood = ["neutral"] * len(self._time)
        self._face = self._moods()
        _add(self._face, self._speech(), both=True)
        _add(self._face, spread_curve({"eyeBlink*": 0.97}, self._blinks()))
        yaw, pitch, roll = self._head()
        self._curves = np.stack([yaw, pitch, roll, *self._gaze(yaw, pitch), *self._torso(yaw)])
        self._hands: dict[Side, Values] = {side: self._arm() for side in SIDES}

    def moment(self, frame: int) -> Moment:
        """What is played in frame -1 to `frames`."""
        at = int(np.clip(frame + 1, 0, self.part.frames + 1))
        yaw, pitch, roll, aside, up, turn, bend, breath = (float(curve[at]) for curve in self._curves)
        face = {name: float(curve[at]) for name, curve in self._face.items()}
        return Moment(
            weights=merged(face, gaze_units(aside, up)),
            head=(yaw, pitch, roll),
            gaze=(aside, up),
            words=self._mood[at],
            arms={side: Arm(*(float(x) for x in curves[:, at])) for side, curves in self._hands.items()},
            lean=(turn, bend),
            breath=breath,
        )

    def _moods(self) -> Curves:
        """One expression after the other, each swelling and fading in a fifth of a second."""
        seconds, rng, curves = self.part.frames / self.part.rate, self._rng, Curves()
        moods = self.part.moods or tuple(
            str(name) for name in rng.choice(list(EXPRESSIONS)[1:], max(2, min(int(seconds * 0.8), 12)), replace=False)
        )
        edges = np.linspace(0.25, seconds + 0.2, len(moods) + 1)
        for mood, first, last in zip(moods, edges[:-1], edges[1:], strict=True):
            begin, end = first + rng.uniform(0, 0.1), last - rng.uniform(0, 0.12)
            left, right = rng.uniform(0.85, 1, 2)
            weights = spread(EXPRESSIONS[mood], 1.25 * rng.uniform(0.8, 1.05), left, right)
            _add(curves, {name: weight * swell(self._time, begin, end, 0.2) for name, weight in weights.items()})
            for at in np.nonzero((self._time > begin + 0.1) & (self._time < end - 0.1))[0]:
                self._mood[at] = mood
        return curves

    def _speech(self) -> Curves:
        """Syllables of a tenth of a second, with pauses."""
        rng, curves, at = self._rng, Curves(), 0.3
        while self.part.talk > 0 and at < self._time[-1] - 0.2:
            if rng.random() < 0.13:
                at += rng.uniform(0.25, 0.5)
                continue
            sound = str(rng.choice(VOWELS if rng.random() < 0.55 else CONSONANTS))
            length = rng.uniform(0.09, 0.17)
            loudness = self.part.talk * rng.uniform(0.75, 1.1) * np.exp(-(((self._time - at) / (length * 0.62)) ** 2))
            _add(curves, spread_curve(VISEMES[sound], loudness))
            at += length
        return curves

    def _blinks(self) -> Values:
        closed, at = np.zeros_like(self._time), self._rng.uniform(0.3, 1.0)
        while at < self._time[-1]:
            closed = np.maximum(closed, np.interp(self._time - at, *BLINK))
            at += self._rng.uniform(0.7, 2.0)
        return closed

    def _head(self) -> tuple[Values, Values, Values]:
        most = self.part.play
        yaw, pitch = self._wander(-most, most, 0.8, 0.13), self._wander(-8, 9, 0.6, 0.1)
        return yaw, pitch + 0.8 * np.sin(self._time * 5), self._wander(-7, 7, 0.9, 0.14)

    def _gaze(self, yaw: Values, pitch: Values) -> tuple[Values, Values]:
        aside, up = self._wander(-9, 9, 0.55, 0.02) - 0.55 * yaw, self._wander(-5, 4, 0.7, 0.02) + 0.4 * pitch
        return np.clip(aside, -MOST_ASIDE, MOST_ASIDE), np.clip(up, -MOST_UP, MOST_UP)

    def _torso(self, yaw: Values) -> tuple[Values, Values, Values]:
        """Turn, bend, and a breath every 3.4 seconds."""
        breath = np.sin(self._time * 2 * np.pi / 3.4 + self._rng.uniform(0, 6))
        return yaw * 0.12 + self._wander(-3, 3, 1.3, 0.2), self._wander(-2, 2, 1.1, 0.2), breath

    def _arm(self) -> Values:
        """The five numbers of an `Arm`, [5, frames + 2]."""
        gestures = [self._wander(-1.1, 1.1, gap, 0.06) for gap in (0.38, 0.42, 0.45)]
        curl = np.clip(self._wander(-0.1, 0.9, 0.6, 0.08), 0, 1)
        return np.stack([np.full_like(self._time, self.part.hands), *gestures, curl])

    def _wander(self, low: float, high: float, gap: float, smooth: float) -> Values:
        """A curve through random values about every `gap` seconds, smoothed over `smooth` seconds."""
        keys = np.arange(-1, self._time[-1] + gap + 1, gap) + self._rng.uniform(-0.2, 0.2) * gap
        curve = np.interp(self._time, keys, self._rng.uniform(low, high, len(keys)))
        return np.asarray(gaussian_filter1d(curve, smooth * self.part.rate, mode="nearest"))


def swell(time: Values, begin: float, end: float, rise: float) -> Values:
    """0 outside begin..end, 1 inside, smooth over `rise` seconds at either end."""
    level = np.clip(np.minimum((time - begin) / rise, (end - time) / rise), 0, 1)
    return level**2 * (3 - 2 * level)


def spread_curve(weights: Weights, curve: Values) -> Curves:
    """`weights` times a curve, stars written out."""
    return {name: weight * curve for name, weight in spread(weights).items()}


def _add(curves: Curves, more: Curves, both: bool = False) -> None:
    """Put `more` into `curves`: the stronger one counts; with `both` a second jaw opens the first one further."""
    for name, curve in more.items():
        held = curves.get(name)
        if held is None:
            curves[name] = curve
        elif both and name == "jawOpen":
            curves[name] = held + curve * (1 - 0.5 * np.minimum(held, 1))
        else:
            curves[name] = np.maximum(held, curve)
