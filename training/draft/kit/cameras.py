"""Cameras and framings. Metres, z up; a camera in front of the set looks along +y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.draft.kit.lighting import towards
from training.draft.kit.palette import Values

SENSOR = 36.0
"""Millimetres across."""
FACE = 0.23
"""Metres from chin to hairline."""
NEAR = 0.05


@dataclass(frozen=True)
class Framing:
    """How a subject is framed. height: its height in metres. share: of the picture's height. lens: millimetres.

    drop: metres that the camera aims below the subject. across: degrees that the camera may stand to the side; above:
    degrees that it looks down from, give or take a few.
    """

    words: str
    height: float
    share: tuple[float, float]
    lens: tuple[float, float]
    fstop: float
    drop: float = 0.0
    across: float = 26.0
    above: float = 1.0


FRAMINGS = {
    framing.words: framing
    for framing in (
        Framing("extreme close-up", FACE, (0.82, 1.12), (70, 100), 11.0),
        Framing("close-up of the eyes", FACE, (1.5, 2.1), (85, 110), 16.0, -0.035),
        Framing("close-up of the mouth", FACE, (1.5, 2.1), (85, 110), 16.0, 0.055),
        Framing("close-up", FACE, (0.50, 0.74), (60, 90), 7.0, 0.01),
        Framing("head and shoulders", FACE, (0.30, 0.42), (50, 80), 4.5, 0.05),
        Framing("medium", FACE, (0.19, 0.25), (40, 60), 2.8, 0.19),
        Framing("close-up of hands", 0.20, (0.45, 0.8), (60, 90), 8.0),
        Framing("two people", FACE, (0.24, 0.32), (45, 65), 5.6, 0.06, 16.0),
        Framing("group", FACE, (0.17, 0.21), (38, 55), 5.6, 0.10, 14.0),
        Framing("wide shot", 1.6, (0.45, 0.8), (26, 40), 5.6, 0.0, 30.0),
        Framing("still life", 0.35, (0.5, 0.85), (50, 85), 5.6, 0.0, 40.0, 14.0),
    )
}


@dataclass(frozen=True, eq=False)
class Camera:
    """eye, target: points. lens: millimetres on a sensor 36 mm wide. focus: point that is sharp. roll: degrees."""

    eye: Values
    target: Values
    focus: Values
    lens: float = 60.0
    fstop: float = 2.8
    roll: float = 0.0

    def view(self) -> Values:
        """World to camera, [4, 4]: x to the right, y up, z towards the viewer."""
        ahead = self.target - self.eye
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, (0, 0, 1.0))
        right = right / np.linalg.norm(right)
        up = np.cross(right, ahead)
        c, s = np.cos(np.radians(self.roll)), np.sin(np.radians(self.roll))
        matrix = np.eye(4)
        matrix[:3, :3] = right * c + up * s, up * c - right * s, -ahead
        matrix[:3, 3] = -matrix[:3, :3] @ self.eye
        return matrix

    def projection(self, aspect: float, far: float = 80.0) -> Values:
        """Camera to clip space, [4, 4]. aspect: width / height."""
        scale, depth = 2 * self.lens / SENSOR, far - NEAR
        return np.array(
            [
                [scale, 0, 0, 0],
                [0, scale * aspect, 0, 0],
                [0, 0, -(far + NEAR) / depth, -2 * far * NEAR / depth],
                [0, 0, -1, 0],
            ]
        )


def random_camera(rng: np.random.Generator, framing: Framing, centre: Values, aspect: float) -> Camera:
    """A camera that frames what lies about `centre`. aspect: width / height of the picture."""
    share, lens = rng.uniform(*framing.share), rng.uniform(*framing.lens)
    height = framing.height / share
    side = float(np.clip(rng.normal(0, framing.across * 0.45), -framing.across, framing.across))
    above = framing.above + float(np.clip(rng.normal(0, 5), -11, 11))
    aside, up = rng.normal(0, 0.04 * height), rng.normal(0, 0.015 * height)
    target = np.asarray(centre, float) + np.array([aside, 0, up - framing.drop])
    eye = target + towards(side, above) * height * lens / SENSOR * aspect
    return Camera(eye, target, np.asarray(centre, float), lens, framing.fstop, float(rng.normal(0, 0.8)))


def hand_held(rng: np.random.Generator, start: Camera, end: Camera, frames: int, rate: float) -> list[Camera]:
    """A camera that moves from `start` to `end` with a little shake: frames -1 to `frames`, at `rate` a second."""
    pace, phase = rng.uniform(0.5, 1.6, (3, 3)), rng.uniform(0, 6, (3, 3))
    cameras = []
    for frame in range(-1, frames + 1):
        share = np.clip(frame / max(frames - 1, 1), 0, 1)
        share = share**2 * (3 - 2 * share)
        shake = 0.003 * np.sin(pace * frame / rate * 2 + phase).sum(1)
        eye, target, focus = (
            getattr(start, name) * (1 - share) + getattr(end, name) * share for name in ("eye", "target", "focus")
        )
        lens, fstop, roll = (
            getattr(start, name) * (1 - share) + getattr(end, name) * share for name in ("lens", "fstop", "roll")
        )
        cameras.append(Camera(eye + shake, target + 0.4 * shake[::-1], focus, float(lens), float(fstop), float(roll)))
    return cameras
