"""Lights as a film set has them: a key, a fill, a rim, and what comes from everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from training.draft.kit.palette import Values

Role = Literal["key", "fill", "rim"]
ROLES: tuple[Role, ...] = get_args(Role)
DAYLIGHT = 6500.0


@dataclass(frozen=True)
class Mood:
    """A kind of light. often: how often it is drawn. key, fill: kelvin. ambient, ratio: of the key. height: degrees."""

    words: str
    often: float
    key: float
    fill: float
    ambient: float
    ratio: float
    height: float
    hard: bool = False
    gels: bool = False


MOODS = (
    Mood("soft light", 0.22, 5600, 6500, 0.20, 0.40, 32),
    Mood("hard light", 0.18, 5200, 6500, 0.12, 0.16, 38, hard=True),
    Mood("warm key light", 0.16, 3900, 5200, 0.14, 0.28, 26),
    Mood("cool light", 0.14, 7600, 6800, 0.15, 0.28, 36),
    Mood("low-key light", 0.10, 3600, 8600, 0.085, 0.18, 22, hard=True),
    Mood("bright even light", 0.10, 5800, 6000, 0.30, 0.60, 30),
    Mood("coloured light", 0.10, 5400, 6500, 0.09, 0.25, 28, gels=True),
)
SUNS = (
    Mood("sunlight", 0.6, 5400, 8000, 0.32, 0.30, 42, hard=True),
    Mood("evening sun", 0.2, 3600, 8600, 0.20, 0.24, 14, hard=True),
    Mood("overcast light", 0.2, 6600, 7000, 0.45, 0.70, 60),
)
FILL_GELS = ((0.25, 0.5, 1.3), (1.2, 0.3, 0.7), (0.3, 1.0, 0.9), (1.3, 0.55, 0.2))
RIM_GELS = ((1.3, 0.35, 0.6), (0.3, 0.6, 1.4), (1.3, 0.7, 0.25))


@dataclass(frozen=True, eq=False)
class Light:
    """direction: unit vector from the scene to the light. colour: linear rgb, green about 1.

    power: radiance of a white wall that faces it. size: metres across. distance: metres.
    """

    role: Role
    direction: Values
    colour: Values
    power: float
    size: float = 0.8
    distance: float = 3.0


@dataclass(frozen=True, eq=False)
class Lighting:
    """All light of a set. ambient: linear rgb of what comes from everywhere. words: for captions."""

    lights: tuple[Light, ...]
    ambient: Values
    words: str

    def by_role(self, role: Role) -> Light | None:
        """The light of a role, if there is one."""
        return next((light for light in self.lights if light.role == role), None)


def towards(azimuth: float, elevation: float) -> Values:
    """The unit vector of an azimuth (0 = the camera's side, -y; positive = picture right) and a height, in degrees."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])


def white(kelvin: float) -> Values:
    """Roughly the linear rgb of a white light of this temperature, green = 1."""
    warmth = (kelvin - DAYLIGHT) / 3500
    return np.array([1 - 0.32 * warmth, 1.0, 1 + 0.42 * warmth]).clip(0.3, 2.2)


def random_lighting(rng: np.random.Generator, moods: tuple[Mood, ...] = MOODS, scale: float = 1.0) -> Lighting:
    """Light of one mood, from one side. scale: how many times larger than a room the set is."""
    side = float(rng.choice([-1, 1]))
    often = np.array([mood.often for mood in moods])
    mood = moods[int(rng.choice(len(moods), p=often / often.sum()))]
    fill, rim = white(mood.fill + rng.normal(0, 300)), white(rng.uniform(4200, 7800))
    if mood.gels:
        fill, rim = (np.array(gels[rng.integers(len(gels))]) for gels in (FILL_GELS, RIM_GELS))
    key = Light(
        "key",
        towards(side * rng.uniform(18, 68), mood.height + rng.normal(0, 6)),
        white(mood.key + rng.normal(0, 250)),
        rng.uniform(0.85, 1.15),
        scale * (0.25 if mood.hard else rng.uniform(0.6, 1.4)),
        3 * scale,
    )
    soft = towards(-side * rng.uniform(35, 75), rng.uniform(2, 22))
    back = towards(-side * rng.uniform(125, 160), rng.uniform(25, 50))
    lights = (
        key,
        Light("fill", soft, fill, mood.ratio * rng.uniform(0.35, 0.6), 1.6 * scale, 3 * scale),
        Light("rim", back, rim, rng.uniform(0.25, 0.8), 0.6 * scale, 3 * scale),
    )
    where = "right" if side > 0 else "left"
    return Lighting(lights, white(DAYLIGHT) * mood.ambient, f"{mood.words} from the {where}")
