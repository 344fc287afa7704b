"""What pair number n shows: decided by its number alone, so that any set can be made again, extended or shared out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.draft.kit.acting import Direction, still
from training.draft.kit.cameras import FRAMINGS, random_camera
from training.draft.kit.casting import Split, cast, split_of_group
from training.draft.kit.figure import Character
from training.draft.kit.posing import Actor, Place, pose
from training.draft.kit.scene import Scene
from training.draft.kit.sets import Stage, random_room, random_street, random_table

Subject = Literal["person", "people", "room", "objects", "street"]

GROUP = 8
"""Pairs in a row that have the same subject and cast: dressing somebody takes longer than a picture."""
SUBJECTS: dict[Subject, float] = {"person": 0.62, "people": 0.14, "room": 0.06, "objects": 0.10, "street": 0.08}
"""How often each subject is drawn."""
OF_ONE = {
    **{"extreme close-up": 0.10, "close-up of the eyes": 0.05, "close-up of the mouth": 0.05, "close-up": 0.30},
    **{"head and shoulders": 0.26, "medium": 0.13, "close-up of hands": 0.11},
}
"""How often one person is framed in each way."""
OF_NOBODY: dict[Subject, str] = {"room": "wide shot", "objects": "still life", "street": "wide shot"}
TURNED_AWAY = 0.2
"""Share of pictures of one person with the head turned far."""
FAR_TURN = (35.0, 75.0)
APART = (0.55, 0.75)
"""Metres between people."""
MIDDLE = {"room": (0.0, 1.0, 0.3), "objects": (0.0, 0.1, 0.1), "street": (0.0, 1.0, 0.3)}
"""What the camera looks at where nobody is."""


@dataclass(frozen=True)
class Plan:
    """One pair to be made. cast: seeds of the people in it, none for sets without people."""

    number: int
    split: Split
    subject: Subject
    cast: tuple[int, ...]
    framing: str

    @property
    def id(self) -> str:
        """The name of its files."""
        return f"k{self.number:06d}"


def plan_of(number: int) -> Plan:
    """The plan of a pair. number: 0 or more."""
    group = number // GROUP
    rng, split = np.random.default_rng([group, 4241]), split_of_group(group)
    subject: Subject = list(SUBJECTS)[int(rng.choice(len(SUBJECTS), p=list(SUBJECTS.values())))]
    people = {"person": 1, "people": int(rng.choice([2, 3], p=[0.75, 0.25]))}.get(subject, 0)
    return Plan(number, split, subject, cast(rng, split, people), _framing(number, subject, people))


def scene_of(plan: Plan, characters: Sequence[Character], aspect: float = 1.0) -> Scene:
    """The scene of a plan. characters: its cast, in order. aspect: width / height of the picture."""
    rng, framing = np.random.default_rng([plan.number, 4242]), FRAMINGS[plan.framing]
    if plan.subject == "person":
        actors = (pose(characters[0], still(rng, _direction(rng, plan.framing)), Place()),)
    else:
        actors = tuple(_standing(rng, character, at, len(characters)) for at, character in enumerate(characters))
    stage = set_of(plan.subject, plan.number)
    centre = np.array(MIDDLE.get(plan.subject, (0, 0, 0)), float)
    if actors:
        hands = plan.framing == "close-up of hands"
        centre = np.mean([actor.hands if hands else actor.face for actor in actors], 0)
    return Scene(actors, stage, random_camera(rng, framing, centre, aspect))


def portrait_plan(character: int, number: int) -> Plan:
    """The plan of a picture of one person that belongs to no set of pairs."""
    rng = np.random.default_rng([character, number, 4244])
    framing = str(rng.choice(list(OF_ONE), p=list(OF_ONE.values())))
    return Plan(character * 1000 + number, "train", "person", (character,), framing)


def set_of(subject: Subject, seed: int) -> Stage:
    """The set of a subject; people stand in rooms."""
    return {"objects": random_table, "street": random_street}.get(subject, random_room)(seed)


def _framing(number: int, subject: Subject, people: int) -> str:
    if subject in OF_NOBODY:
        return OF_NOBODY[subject]
    if subject == "people":
        return "two people" if people == 2 else "group"
    rng = np.random.default_rng([number, 4243])
    return str(rng.choice(list(OF_ONE), p=list(OF_ONE.values())))


def _direction(rng: np.random.Generator, framing: str) -> Direction:
    """Hands are raised where they can be seen; one time in five the head is turned far."""
    hands = framing in ("medium", "close-up of hands")
    if rng.random() < TURNED_AWAY:
        return Direction(hands, float(rng.choice([-1, 1])) * rng.uniform(*FAR_TURN), 12.0)
    return Direction(hands)


def _standing(rng: np.random.Generator, character: Character, at: int, people: int) -> Actor:
    """One of several people in a row, turned a little towards the middle."""
    x = (at - (people - 1) / 2) * rng.uniform(*APART)
    inward = -float(np.sign(x)) * rng.uniform(0, 35)
    place = Place(float(x), float(rng.uniform(-0.12, 0.12)), inward)
    return pose(character, still(rng, Direction(bool(rng.random() < 0.3), 0.0, 30.0)), place)
