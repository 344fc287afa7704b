"""One moment of acting: face, head, gaze, arms and breath; and random moments for stills.

Degrees throughout. Yaw > 0 turns the face to the character's left (picture right for a camera in front), pitch > 0
looks down, roll > 0 tips the top of the head to picture left. Gaze is relative to the head: aside > 0 to the
character's left, up > 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from training.draft.kit.expressions import EXPRESSIONS, OFTEN, UNITS, VISEMES, Weights, gaze_units, merged, spread

Side = Literal["L", "R"]
SIDES: tuple[Side, ...] = ("L", "R")
MOST_PITCH, MOST_ROLL = 16.0, 13.0
MOST_ASIDE, MOST_UP = 26.0, 12.0
NEVER_AT_RANDOM = ("eyeLook", "tongueOut")


@dataclass(frozen=True)
class Arm:
    """raised: 0 hangs, 1 is held up before the body. gesture, elbow, wrist: -1..1 about that pose. curl: 0..1."""

    raised: float = 0.0
    gesture: float = 0.0
    elbow: float = 0.0
    wrist: float = 0.0
    curl: float = 0.3


@dataclass(frozen=True)
class Moment:
    """What a character does in one frame.

    head: yaw, pitch, roll. gaze: aside, up. words: the expression as a caption has it. lean: turn and pitch of the
    torso. breath: -1..1.
    """

    weights: Weights = field(default_factory=dict)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaze: tuple[float, float] = (0.0, 0.0)
    words: str = "neutral"
    arms: dict[Side, Arm] = field(default_factory=dict)
    lean: tuple[float, float] = (0.0, 0.0)
    breath: float = 0.0


@dataclass(frozen=True)
class Direction:
    """What an actor is told. hands: whether they are raised. turn: the yaw that the head plays about, up to `play`."""

    hands: bool = False
    turn: float = 0.0
    play: float = 40.0


def still(rng: np.random.Generator, direction: Direction = Direction()) -> Moment:
    """One random moment."""
    face, words = _face(rng)
    yaw = direction.turn + _normal(rng, 0.46 * direction.play, direction.play)
    pitch, roll = _normal(rng, 7, MOST_PITCH), _normal(rng, 5, MOST_ROLL)
    gaze = _gaze(rng, yaw, pitch)
    return Moment(
        weights=merged(*face, gaze_units(*gaze)),
        head=(yaw, pitch, roll),
        gaze=gaze,
        words=", ".join(words),
        arms=_arms(rng, direction.hands),
        lean=(yaw * 0.12 + float(rng.normal(0, 3)), float(rng.normal(0, 1.5))),
        breath=float(rng.uniform(-1, 1)),
    )


def _face(rng: np.random.Generator) -> tuple[list[Weights], list[str]]:
    """Weights to merge, and the words for them: an expression, perhaps speech, perhaps a few single units, a blink."""
    name = str(rng.choice(list(EXPRESSIONS), p=np.array(OFTEN) / sum(OFTEN)))
    left, right = rng.uniform(0.75, 1, 2)
    parts, words = [spread(EXPRESSIONS[name], rng.uniform(0.55, 1.1), left, right)], [name]
    if rng.random() < 0.5:
        parts.append(spread(VISEMES[str(rng.choice(list(VISEMES)))], rng.uniform(0.4, 1.1)))
        words.append("talking")
    if rng.random() < 0.3:
        drawn = [str(unit) for unit in rng.choice(UNITS, 3)]
        parts += [{unit: rng.uniform(0.1, 0.4)} for unit in drawn if not unit.startswith(NEVER_AT_RANDOM)]
    if rng.random() < 0.16:
        closed = rng.uniform(0.5, 1)
        parts.append(spread({"eyeBlink*": closed}))
        words.append("eyes closed" if closed > 0.8 else "eyes half closed")
    return parts, words


def _gaze(rng: np.random.Generator, yaw: float, pitch: float) -> tuple[float, float]:
    """Six times in ten the eyes lead back to where the camera is, else they wander."""
    if rng.random() < 0.6:
        aside, up = -yaw * rng.uniform(0.2, 0.9) + rng.normal(0, 6), rng.normal(0, 4) + pitch * 0.5
    else:
        aside, up = rng.uniform(-20, 20), rng.uniform(-10, 9)
    return float(np.clip(aside, -MOST_ASIDE, MOST_ASIDE)), float(np.clip(up, -MOST_UP, MOST_UP))


def _arms(rng: np.random.Generator, raised: bool) -> dict[Side, Arm]:
    """Both arms hang, or one or both are raised."""
    up = _which(rng) if raised else ()
    return {
        side: Arm(float(side in up), _level(rng), _level(rng), _level(rng), float(rng.beta(1.2, 2.2))) for side in SIDES
    }


def _which(rng: np.random.Generator) -> tuple[Side, ...]:
    """Both arms half of the time, else one of them."""
    alone = SIDES[rng.integers(2)]
    return SIDES if rng.random() < 0.5 else (alone,)


def _level(rng: np.random.Generator) -> float:
    return float(rng.uniform(-1, 1))


def _normal(rng: np.random.Generator, deviation: float, most: float) -> float:
    return float(np.clip(rng.normal(0, deviation), -most, most))
