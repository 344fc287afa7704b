"""Who is who from frame to frame: each face of a frame is given to the person it goes on best with.

Within a set-up a person keeps their number, also through a loss or out of the picture and back; at a cut everyone is
new, because nothing but a likeness could tell who is who there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.frames import FrameRange
from pipeline.people.pose import Look, Pose, Reach, unlike

STRAY = 2.5
"""Sizes of the face by which a face may miss its predicted place from one frame to the next: about half a head."""
STRAY_GROWTH = 0.5
"""Sizes more for every frame for which the person was not seen."""
GROWTH = 0.4
"""Most by which the logarithm of a face's size may change until it is seen again."""
STRANGER = 14.0
"""Levels of 255. Faces that look less alike are not one person (see `unlike`; the next frame of a face: below 2)."""
KNOWN_AGAIN = 10.0
"""Levels of 255. A face that turns up anywhere in the picture is a person seen before when it looks more alike."""
LOOK_WEIGHT = 0.25
"""Sizes of the face that a level of unlikeness counts as much as."""
SOON = 1.0
"""Seconds for which a lost person is looked for near the predicted place."""
MEMORIES = 8
"""Looks of a person that are remembered, the first and the newest ones."""
NEW_LOOK = 4.0
"""Levels of 255. A look that differs more from all that is remembered is remembered as well."""
TYPICAL = 48
"""Sightings that a typical look is made of, at most."""
GLIMPSE = 3
"""Faces seen in fewer frames of a longer set-up are taken for a mistake of the finder."""
IMPOSSIBLE = 1e6


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in a frame. face: its number among the faces of the frame. look: what it is known again by."""

    frame: int
    face: int
    pose: Pose
    reach: Reach
    look: Look


@dataclass
class Person:
    """Someone in a set-up and every sighting of them, in order."""

    sightings: list[Sighting]
    speed: tuple[float, float] = (0.0, 0.0)
    looks: list[Look] = field(default_factory=list[Look])

    def __post_init__(self) -> None:
        self.looks = [self.sightings[0].look]

    @property
    def last(self) -> Sighting:
        """When the person was seen last."""
        return self.sightings[-1]

    @property
    def typical(self) -> Look:
        """What the person looks like most of the time: the median over sightings that are spread evenly."""
        step = math.ceil(len(self.sightings) / TYPICAL)
        return np.median([seen.look for seen in self.sightings[::step]], axis=0).astype(np.uint8)

    def see(self, seen: Sighting) -> None:
        """The person is seen again."""
        gap = seen.frame - self.last.frame
        now = ((seen.pose.x - self.last.pose.x) / gap, (seen.pose.y - self.last.pose.y) / gap)
        self.speed = (0.5 * self.speed[0] + 0.5 * now[0], 0.5 * self.speed[1] + 0.5 * now[1])
        if self.unlike(seen.look) > NEW_LOOK:
            self.looks = [*self.looks[:1], *self.looks[1:][-(MEMORIES - 2) :], seen.look]
        self.sightings.append(seen)

    def unlike(self, look: Look) -> float:
        """How little a look is like any that is remembered, or like the last one, in levels of 255."""
        return min(unlike(look, known) for known in (*self.looks, self.last.look))

    def strays(self, seen: Sighting) -> float:
        """How far a face misses where the person should be by now, in sizes of the face."""
        gap = seen.frame - self.last.frame
        x, y = self.last.pose.x + gap * self.speed[0], self.last.pose.y + gap * self.speed[1]
        return math.hypot(seen.pose.x - x, seen.pose.y - y) / max(self.last.pose.size, seen.pose.size)

    def misfit(self, seen: Sighting, rate: float) -> float:
        """How badly a face goes on with the person, in sizes of the face; IMPOSSIBLE when it cannot be the same one."""
        gap, apart = seen.frame - self.last.frame, self.unlike(seen.look)
        if gap > SOON * rate:
            return LOOK_WEIGHT * apart + STRAY if apart < KNOWN_AGAIN else IMPOSSIBLE
        strays, growth = self.strays(seen), abs(math.log(seen.pose.size / self.last.pose.size))
        if strays > STRAY + STRAY_GROWTH * (gap - 1) or growth > GROWTH or apart > STRANGER:
            return IMPOSSIBLE
        return strays + growth + LOOK_WEIGHT * apart


def follow(frames: Sequence[Sequence[Sighting]], setup: FrameRange, rate: float) -> list[Person]:
    """The people of one set-up, by first appearance, then from left to right.

    frames: the sightings of each frame of the set-up. rate: frames a second. The faces of a frame are given out so that
    they fit best on the whole (Kuhn's assignment, 1955).
    """
    people: list[Person] = []
    for seen in frames:
        takers = _given_out(people, seen, rate)
        for face, person in zip(seen, takers, strict=True):
            if person is not None:
                person.see(face)
        new = (face for face, person in zip(seen, takers, strict=True) if person is None)
        people += [Person([face]) for face in sorted(new, key=lambda face: face.pose.x)]
    least = min(GLIMPSE, math.ceil(len(setup) / GLIMPSE))
    return [person for person in joined(people) if len(person.sightings) >= least]


def joined(people: Sequence[Person]) -> list[Person]:
    """The people, those put together who were taken for someone new when they came back.

    The first sightings of a face that comes round a pillar or in at the edge of the picture show a part of it, which
    looks like nobody. All sightings together do: two who are never there at the same time are one when their typical
    looks are as alike as those of a person who is known again.
    """
    known: list[Person] = []
    looks: list[Look] = []
    for person in people:
        look = person.typical
        gone = [at for at, other in enumerate(known) if other.last.frame < person.sightings[0].frame]
        apart = {at: unlike(looks[at], look) for at in gone}
        nearest = min(apart, key=lambda at: apart[at], default=None)
        if nearest is not None and apart[nearest] < KNOWN_AGAIN:
            known[nearest].sightings += person.sightings
            looks[nearest] = known[nearest].typical
        else:
            known.append(person)
            looks.append(look)
    return known


def _given_out(people: Sequence[Person], seen: Sequence[Sighting], rate: float) -> list[Person | None]:
    """For each face the person it belongs to, or None for someone new."""
    from scipy.optimize import linear_sum_assignment

    takers: list[Person | None] = [None] * len(seen)
    if not people or not seen:
        return takers
    costs = np.array([[person.misfit(face, rate) for person in people] for face in seen])
    for face, person in zip(*linear_sum_assignment(costs), strict=True):
        if costs[face, person] < IMPOSSIBLE:
            takers[face] = people[person]
    return takers
