"""Who is in a shot, for the artist who gives single people settings of their own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.frames import Box, FrameRange, Picture
from pipeline.people.tracks import NOT_SEEN, Run, Tracks

INK, EDGE = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class SeenPerson:
    """A person in one frame. box: around the face, in pixels of the plate; it may reach over its edge."""

    person: int
    box: Box


@dataclass(frozen=True)
class CastMember:
    """A person in a shot. frames: from the first to the last one they are seen in. seen: in how many. box: around the
    face in the first of them.
    """

    person: int
    frames: FrameRange
    seen: int
    box: Box


def people_at(tracks: Tracks | None, frame: int) -> tuple[SeenPerson, ...]:
    """Who is in a frame, by number, those who are carried or hidden too; nobody without tracks."""
    runs = () if tracks is None else tracks.at(frame)
    return tuple(SeenPerson(run.person, box_of(run, frame)) for run in runs)


def cast_of(tracks: Tracks) -> tuple[CastMember, ...]:
    """Everyone in a shot, by number."""
    members = list[CastMember]()
    for person in tracks.people:
        runs = [run for run in tracks.runs if run.person == person]
        seen = np.concatenate([run.frames.first + np.flatnonzero(run.faces != NOT_SEEN) for run in runs])
        first, last = int(seen.min()), int(seen.max())
        members.append(CastMember(person, FrameRange(first, last), len(seen), box_of(runs[0], first)))
    return tuple(members)


def box_of(run: Run, frame: int) -> Box:
    """The box around a followed face, in whole pixels."""
    at = frame - run.frames.first
    low, high = (run.middles[at] + sign * run.halves[at] for sign in (-1, 1))
    left, top = (int(value) for value in np.floor(low))
    right, bottom = (int(value) for value in np.ceil(high))
    return Box(left, top, right - left, bottom - top)


def with_numbers(plate: Picture, people: tuple[SeenPerson, ...]) -> Picture:
    """The plate (uint8 RGB) with a box and a number on every face."""
    picture, scale = plate.copy(), max(plate.shape[0] / 540, 0.5)
    for seen in people:
        box, number = seen.box, str(seen.person)
        for colour, width in ((EDGE, round(4 * scale)), (INK, max(round(scale), 1))):
            cv2.rectangle(picture, (box.x, box.y), (box.right, box.bottom), colour, width, cv2.LINE_AA)
            corner = (max(box.x, 2), max(box.y - round(6 * scale), round(26 * scale)))
            cv2.putText(picture, number, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, width + 1, cv2.LINE_AA)
    return picture
