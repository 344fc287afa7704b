"""Words for faces: expressions and speech sounds as weights of the 52 face units (ARKit's names)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Weights = dict[str, float]
"""Face unit -> 0..1."""

PAIRS = (
    *("browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp"),
    *("eyeSquint", "eyeWide", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile"),
    *("mouthStretch", "mouthUpperUp", "noseSneer"),
)
SINGLE = (
    *("browInnerUp", "cheekPuff", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel"),
    *("mouthLeft", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower"),
    *("mouthShrugUpper", "tongueOut"),
)
UNITS = tuple(sorted((*SINGLE, *(f"{name}{side}" for name in PAIRS for side in ("Left", "Right")))))

EXPRESSIONS: dict[str, Weights] = {
    "neutral": {},
    "smiling": {"mouthSmile*": 0.62, "cheekSquint*": 0.4, "eyeSquint*": 0.2, "mouthDimple*": 0.2},
    "laughing": {
        **{"mouthSmile*": 0.7, "jawOpen": 0.38, "cheekSquint*": 0.65},
        **{"eyeSquint*": 0.45, "mouthUpperUp*": 0.25, "browOuterUp*": 0.2},
    },
    "frowning": {"browDown*": 0.85, "mouthFrown*": 0.45, "eyeSquint*": 0.3, "mouthPress*": 0.25},
    "angry": {
        **{"browDown*": 1.0, "noseSneer*": 0.55, "mouthFrown*": 0.4},
        **{"eyeSquint*": 0.35, "mouthStretch*": 0.2, "jawForward": 0.15},
    },
    "surprised": {"browInnerUp": 0.8, "browOuterUp*": 0.75, "eyeWide*": 0.7, "jawOpen": 0.4, "mouthFunnel": 0.15},
    "sad": {"browInnerUp": 0.8, "mouthFrown*": 0.65, "browDown*": 0.15, "eyeSquint*": 0.15, "mouthShrugLower": 0.3},
    "disgusted": {
        **{"noseSneer*": 0.8, "mouthUpperUp*": 0.4, "browDown*": 0.55},
        **{"eyeSquint*": 0.4, "mouthFrown*": 0.3},
    },
    "doubtful": {
        **{"browOuterUpLeft": 0.75, "browDownRight": 0.5, "mouthLeft": 0.35},
        **{"mouthPress*": 0.3, "eyeSquintRight": 0.3},
    },
    "pouting": {"mouthPucker": 0.6, "mouthShrugLower": 0.4, "browDown*": 0.2},
    "smirking": {"mouthSmileLeft": 0.6, "cheekSquintLeft": 0.3, "mouthDimpleLeft": 0.3, "browOuterUpRight": 0.3},
    "wincing": {"eyeSquint*": 0.8, "eyeBlink*": 0.35, "mouthStretch*": 0.5, "browDown*": 0.5, "mouthUpperUp*": 0.25},
    "lips pressed": {"mouthPress*": 0.7, "mouthRollLower": 0.35, "mouthRollUpper": 0.3},
}
"""A star stands for Left and Right."""
OFTEN = (5, 5, 3, 3, 2, 3, 2, 1.5, 2, 1.5, 2, 1, 1.5)
"""How often each expression is drawn, in their order."""
VISEMES: dict[str, Weights] = {
    "AA": {"jawOpen": 0.6, "mouthLowerDown*": 0.3, "mouthUpperUp*": 0.12},
    "EH": {"jawOpen": 0.34, "mouthStretch*": 0.3, "mouthLowerDown*": 0.3, "mouthUpperUp*": 0.15},
    "IY": {
        **{"jawOpen": 0.12, "mouthStretch*": 0.45, "mouthSmile*": 0.15},
        **{"mouthLowerDown*": 0.3, "mouthUpperUp*": 0.15},
    },
    "OH": {"jawOpen": 0.42, "mouthFunnel": 0.55, "mouthPucker": 0.15},
    "UW": {"jawOpen": 0.16, "mouthPucker": 0.65, "mouthFunnel": 0.3},
    "MBP": {"mouthPress*": 0.5, "mouthRollLower": 0.2, "mouthRollUpper": 0.15},
    "FV": {"jawOpen": 0.1, "mouthRollLower": 0.5, "mouthUpperUp*": 0.25},
    "L": {"jawOpen": 0.28, "mouthLowerDown*": 0.2, "mouthStretch*": 0.1},
    "S": {"jawOpen": 0.06, "mouthStretch*": 0.3, "mouthLowerDown*": 0.35, "mouthUpperUp*": 0.2},
    "R": {"jawOpen": 0.18, "mouthFunnel": 0.4, "mouthPucker": 0.2},
}
VOWELS = ("AA", "EH", "IY", "OH", "UW")
CONSONANTS = ("MBP", "FV", "L", "S", "R", "MBP")
WIDEST_JAW, BROADEST_SMILE = 0.75, 0.72
LOOK_UP, LOOK_SIDE = 25.0, 30.0
"""Degrees of gaze at which the lids' units are at 1."""


def spread(weights: Mapping[str, float], strength: float = 1, left: float = 1, right: float = 1) -> Weights:
    """The weights times `strength`, names with a star written out for both sides, each at its own share."""
    out: Weights = {}
    for name, weight in weights.items():
        if name.endswith("*"):
            out[f"{name[:-1]}Left"] = weight * strength * left
            out[f"{name[:-1]}Right"] = weight * strength * right
        else:
            out[name] = weight * strength
    return out


def merged(*parts: Mapping[str, float]) -> Weights:
    """Several weights at once: the stronger one counts, jaws add up a little, and opposites give way to each other."""
    out: Weights = {}
    for part in parts:
        for name, weight in part.items():
            held = out.get(name, 0.0)
            out[name] = held + weight * (1 - 0.5 * held) if name == "jawOpen" else max(held, weight)
    for side in ("Left", "Right"):
        _give_way(out, side)
    out["jawOpen"] = min(out.get("jawOpen", 0.0), WIDEST_JAW)
    return {name: float(np.clip(weight, 0, 1)) for name, weight in out.items() if weight > 1e-4}


def _give_way(weights: Weights, side: str) -> None:
    smile, frown, blink = (weights.get(f"{name}{side}", 0.0) for name in ("mouthSmile", "mouthFrown", "eyeBlink"))
    if smile:
        smile = min(BROADEST_SMILE, smile) * (1 - 0.5 * weights.get("mouthPucker", 0.0))
        weights[f"mouthSmile{side}"], weights[f"mouthFrown{side}"] = smile, frown * (1 - smile)
    weights[f"eyeWide{side}"] = weights.get(f"eyeWide{side}", 0.0) * (1 - blink)
    weights[f"eyeSquint{side}"] = weights.get(f"eyeSquint{side}", 0.0) * (1 - 0.7 * blink)


def gaze_units(aside: float, up: float) -> Weights:
    """What the lids do when the eyes look `aside` degrees to the character's left and `up` degrees."""
    out, into = max(0.0, aside) / LOOK_SIDE, max(0.0, -aside) / LOOK_SIDE
    vertical = {"eyeLookUp*": max(0.0, up) / LOOK_UP, "eyeLookDown*": max(0.0, -up) / LOOK_UP}
    sides = {"eyeLookOutLeft": out, "eyeLookInRight": out, "eyeLookInLeft": into, "eyeLookOutRight": into}
    return {**spread(vertical), **sides}
