"""Furniture and small things, each from random choices: a list of props, in the set's own metres."""

from __future__ import annotations

import numpy as np

from training.draft.kit.palette import Values, linear
from training.draft.kit.props import Prop, ball, box, lathe

Point = tuple[float, float, float]
WOOD = (118, 82, 52)
DARK_WOOD = (52, 40, 30)


def panel(rng: np.random.Generator, back: float, colour: Values) -> list[Prop]:
    """A picture or panel on the back wall, framed half the time."""
    width, height = rng.uniform(0.3, 1.1), rng.uniform(0.25, 0.8)
    x, z = rng.uniform(-1.3, 1.3), rng.uniform(0.35, 1.2)
    face = box((x, back - 0.077, z), (width, 0.03, height), colour, "fabric" if rng.random() < 0.35 else "paint")
    if rng.random() < 0.5:
        return [face]
    return [box((x, back - 0.07, z), (width + 0.06, 0.03, height + 0.06), linear(DARK_WOOD), "wood"), face]


def window(rng: np.random.Generator, back: float) -> list[Prop]:
    """A bright window with bars."""
    x, width, height = float(rng.choice([-1, 1])) * rng.uniform(0.45, 1.2), rng.uniform(0.6, 1.0), rng.uniform(0.8, 1.2)
    light = np.array([0.85, 0.95, 1.1]) * rng.uniform(0.9, 1.6)
    frame = linear((190, 186, 178)) if rng.random() < 0.6 else linear((50, 44, 40))
    upright = [(-width / 2, 0.05), (width / 2, 0.05), (0.0, 0.03)]
    across = [(-height / 2, 0.05), (height / 2, 0.05), (0.0, 0.03)]
    return [
        box((x, back - 0.06, 0.85), (width, 0.02, height), light, "glow"),
        *(box((x + at, back - 0.09, 0.85), (thick, 0.05, height), frame) for at, thick in upright),
        *(box((x, back - 0.09, 0.85 + at), (width, 0.05, thick), frame) for at, thick in across),
    ]


def lamp(rng: np.random.Generator, back: float) -> list[Prop]:
    """A standing lamp that is on."""
    x, z = float(rng.choice([-1, 1])) * rng.uniform(0.5, 1.2), rng.uniform(0.55, 1.1)
    glow = np.array([2.2, 1.45, 0.75]) * rng.uniform(0.7, 1.3)
    shade = lathe((x, back - 0.35, z), [(0.10, 0), (0.16, 0), (0.11, 0.22), (0.02, 0.22)], glow, "glow")
    return [shade, lathe((x, back - 0.35, -0.95), [(0.015, 0), (0.015, z + 0.95)], linear((60, 56, 50)), "metal")]


def small_lights(rng: np.random.Generator, back: float) -> list[Prop]:
    """A string of small lights far back, which a lens turns into discs."""
    return [
        ball(
            (rng.uniform(-1.6, 1.6), back - 0.15, rng.uniform(0.3, 1.5)),
            0.018,
            np.array([3.0, 2.0, 1.0]) * rng.uniform(0.6, 1.6),
        )
        for _ in range(9)
    ]


def shelf(rng: np.random.Generator, back: float, colours: list[Values]) -> list[Prop]:
    """A board on the wall with a thing of each colour on it."""
    x, z = rng.uniform(-1.4, 1.4), rng.uniform(-0.2, 0.9)
    props = [box((x, back - 0.2, z), (1.0, 0.28, 0.04), linear(WOOD), "wood")]
    for colour in colours:
        props += thing(rng, (x + rng.uniform(-0.42, 0.42), back - 0.2, z + 0.02), colour)[0]
    return props


def thing(rng: np.random.Generator, foot: Point, colour: Values) -> tuple[list[Prop], str]:
    """Something small that stands at `foot`, and its name."""
    height, x, y, z = rng.uniform(0.1, 0.3), *foot
    kind = ("book", "vase", "bottle", "ball", "bowl", "cup")[rng.integers(6)]
    if kind == "book":
        deep = rng.uniform(0.12, 0.2)
        book = box((0, 0, height / 2), (rng.uniform(0.03, 0.1), deep, height), colour, "fabric")
        return [book.moved(foot, rng.uniform(-25, 25))], kind
    if kind == "ball":
        radius = height / 2.4
        return [ball((x, y, z + radius), radius, colour, "paint" if rng.random() < 0.7 else "metal")], kind
    profile = {
        "vase": [(0.03, 0), (0.06, 0.3), (0.05, 0.6), (0.02, 0.8), (0.03, 1)],
        "bottle": [(0.03, 0), (0.035, 0.05), (0.035, 0.6), (0.012, 0.78), (0.012, 1)],
        "bowl": [(0.03, 0), (0.07, 0.2), (0.09, 0.4), (0.085, 0.4), (0.06, 0.2), (0.001, 0.1)],
        "cup": [(0.03, 0), (0.035, 0.1), (0.04, 0.4), (0.036, 0.4), (0.03, 0.08), (0.001, 0.06)],
    }[kind]
    size = rng.uniform(0.8, 1.5)
    turned = [(radius * size, share * height) for radius, share in profile]
    return [lathe(foot, turned, colour, "metal" if rng.random() < 0.15 else "paint")], kind


def tree(rng: np.random.Generator, foot: Point) -> list[Prop]:
    """A trunk with a crown of balls."""
    height, green = rng.uniform(1.8, 4.5), linear((58, 84, 40)) * rng.uniform(0.6, 1.5)
    x, y, z = foot
    trunk = lathe(foot, [(0.16, 0), (0.11, height * 0.5), (0.05, height)], linear((76, 58, 44)), "wood", 12)
    crown = [
        ball(
            (x + rng.normal(0, 0.4), y + rng.normal(0, 0.4), z + height + rng.normal(0, 0.35)),
            rng.uniform(0.45, 0.95),
            green * rng.uniform(0.75, 1.25),
            "fabric",
        )
        for _ in range(int(rng.integers(5, 10)))
    ]
    return [trunk, *crown]
