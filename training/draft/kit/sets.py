"""Random sets from a seed: rooms, tables with things on them, streets under the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.draft.kit.lighting import SUNS, Lighting, random_lighting
from training.draft.kit.palette import WALLS, Values, linear, pick
from training.draft.kit.props import Prop, box
from training.draft.kit.things import lamp, panel, shelf, small_lights, thing, tree, window

FLOOR = -0.93
"""Metres: the eyes of a standing character are at .69."""
HORIZON = 30.0
FAR = 20.0
"""How much farther than in a room the sun is, so that its light is nearly parallel; the sky would hide a rim light."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A set with its light. words: clauses for captions. reach: metres about the subject that cast shadows."""

    props: tuple[Prop, ...]
    lighting: Lighting
    words: tuple[str, ...]
    reach: float = 1.5


def random_room(seed: int) -> Stage:
    """A room with a wall behind and, at times, panels, a window, a shelf, a lamp and the like."""
    rng = np.random.default_rng([seed, 23])
    lighting = random_lighting(rng)
    name, back = pick(rng, WALLS), float(rng.uniform(1.3, 3.2))
    wall = linear(WALLS[name])
    floor = "wood" if rng.random() < 0.6 else "paint"
    props = [
        box((0, back, 0.6), (9, 0.1, 4.2), wall),
        box((0, 0, FLOOR - 0.05), (9, 9, 0.1), some_colour(rng) * 0.6, floor),
    ]
    if rng.random() < 0.45:
        side = -np.sign(lighting.lights[0].direction[0]) * rng.uniform(1.3, 2.2)
        props.append(box((side, 0.6, 0.6), (0.1, 5, 4.2), wall * rng.uniform(0.7, 1.1)))
    furniture, words = _furniture(rng, back)
    return Stage((*props, *furniture), lighting, (f"{name} wall", *words))


def random_table(seed: int) -> Stage:
    """A table in a room with a few things on it; its top lies at height 0."""
    rng = np.random.default_rng([seed, 29])
    room = random_room(seed)
    width, deep = rng.uniform(0.9, 1.6), rng.uniform(0.6, 0.9)
    top = linear((118, 82, 52)) if rng.random() < 0.5 else some_colour(rng)
    props = [box((0, 0.1, -0.02), (width, deep, 0.04), top, "wood")]
    props += [
        box((x * (width / 2 - 0.06), 0.1 + y * (deep / 2 - 0.06), FLOOR / 2 - 0.02), (0.06, 0.06, -FLOOR), top, "wood")
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    words = []
    count = int(rng.integers(2, 6))
    for place in (np.arange(count) - (count - 1) / 2) * 0.15:
        where = (float(place + rng.normal(0, 0.02)), 0.1 + float(rng.uniform(-0.12, 0.15)), 0.0)
        made, word = thing(rng, where, some_colour(rng))
        props += made
        words.append(word)
    return Stage((*props, *room.props), room.lighting, (*dict.fromkeys(words), "on a table", room.words[0]))


def random_street(seed: int) -> Stage:
    """Ground, sky, houses and trees. The camera looks along +y from about the origin."""
    rng = np.random.default_rng([seed, 31])
    grey = rng.random() < 0.2
    sky = np.array((0.62, 0.66, 0.7)) if grey else np.array((0.32, 0.52, 0.9)) * rng.uniform(0.8, 1.15)
    ground = linear((96, 112, 70)) if rng.random() < 0.5 else linear((120, 118, 114))
    props = [
        box((0, HORIZON, 8), (120, 0.1, 60), sky, "glow"),
        box((0, 10, FLOOR - 0.05), (120, 60, 0.1), ground * rng.uniform(0.7, 1.1), "fabric"),
    ]
    for _ in range(int(rng.integers(1, 5))):
        props += _house(rng)
    trees = int(rng.integers(0, 6))
    for _ in range(trees):
        props += tree(rng, (rng.uniform(-6, 6), rng.uniform(3, 14), FLOOR))
    words = ("street", "houses", *(("trees",) if trees else ()), "grey sky" if grey else "blue sky")
    light = random_lighting(rng, SUNS[2:] if grey else SUNS[:2], FAR)
    return Stage(tuple(props), Lighting(light.lights[:2], light.ambient, light.words), words, 9.0)


def some_colour(rng: np.random.Generator) -> Values:
    """The linear colour of some wall."""
    return linear(WALLS[pick(rng, WALLS)])


def _furniture(rng: np.random.Generator, back: float) -> tuple[list[Prop], list[str]]:
    """What stands and hangs in a room whose back wall is at y = `back`, and the words for it."""
    props, words = [], []
    for number in range(int(rng.integers(0, 4))):
        props += panel(rng, back - 0.014 * number, some_colour(rng))
    for chance, make, word in ((0.35, window, "window"), (0.3, lamp, "lamp"), (0.25, small_lights, "small lights")):
        if rng.random() < chance:
            props += make(rng, back)
            words.append(word)
    if rng.random() < 0.5:
        props += shelf(rng, back, [some_colour(rng) for _ in range(int(rng.integers(2, 6)))])
        words.append("shelf")
    if rng.random() < 0.4:
        size = (rng.uniform(0.3, 0.6), 0.4, rng.uniform(0.9, 1.6))
        where = (rng.uniform(-1.6, 1.6), back - rng.uniform(0.4, 0.8), rng.uniform(-0.4, 0.1))
        cabinet = box((0, 0, 0), size, some_colour(rng), ("wood", "paint", "metal")[rng.integers(3)])
        props.append(cabinet.moved(where, rng.uniform(-30, 30)))
        words.append("cabinet")
    return props, words


def _house(rng: np.random.Generator) -> list[Prop]:
    """A box with rows of dark windows."""
    width, height, deep = rng.uniform(3, 8), rng.uniform(3, 9), rng.uniform(6, 20)
    x, wall = rng.uniform(-9, 9), some_colour(rng)
    front = deep - 2.0
    props = [box((x, deep, FLOOR + height / 2), (width, 4, height), wall)]
    glass = linear((52, 62, 74))
    for row in np.arange(1.2, height - 0.8, 1.7):
        for column in np.arange(-width / 2 + 0.8, width / 2 - 0.4, 1.4):
            props.append(box((x + column, front, FLOOR + row), (0.7, 0.06, 1.0), glass, "metal"))
    return props
