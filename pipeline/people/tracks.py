"""Tracks: every person of a shot through every frame, smoothed, carried over short losses."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.frames import FrameRange
from pipeline.people.follow import Person, Sighting
from pipeline.people.pose import Pose, Reach
from pipeline.people.smooth import averaged, joined_angles, steadied, without_outliers

CARRIED = 0.5
"""Seconds for which a face that is lost is carried to where it is found again. After longer it was gone."""
EDGE = 4
"""Frames for which a face is carried on before it is first and after it is last found, while its matte fades."""
CUTOFF, BETA = 2.0, 1.5
"""One Euro settings for the place, in sizes of the face: hertz, and hertz per size a second."""
ANGLE_CUTOFF, ANGLE_BETA = 1.5, 0.05
"""One Euro settings for the angle: hertz, and hertz per degree a second."""
REACH_SECONDS = 0.5
"""Seconds on each side over which the reach of a face is averaged: the jaw moves it, and the crop should not follow."""
SLIP = np.array([0.15, 0.15, 0.08])
"""Least slip of the finder in x, y (sizes of the face) and in the logarithm of the size."""
ANGLE_SLIP = 6.0
"""Least slip of the finder in the angle, in degrees."""
COVERED = 0.35
"""Part of a carried face's box that another face must cover for it to count as hidden."""

NOT_SEEN = -1


@dataclass(frozen=True, eq=False)
class Run:
    """A person from where they come into view to where they are gone, every frame of it.

    frames: first to last, the carried ones included. faces: int32 [n], the number among the frame's faces, -1 where
    the face is carried. poses: float64 [n, 4]: x, y, size, angle (degrees, without steps). reaches: float64 [n, 4]:
    left, right, up, down. hidden: bool [n], whether the carried face has another one in front of it.
    """

    person: int
    frames: FrameRange
    faces: NDArray[np.int32]
    poses: NDArray[np.float64]
    reaches: NDArray[np.float64]
    hidden: NDArray[np.bool_]

    def pose(self, frame: int) -> Pose:
        """The smoothed frame of the face."""
        return Pose(*map(float, self.poses[frame - self.frames.first]))

    def reach(self, frame: int) -> Reach:
        """The slowly averaged reach of the face."""
        return Reach(*map(float, self.reaches[frame - self.frames.first]))

    def face(self, frame: int) -> int:
        """The number among the frame's faces, -1 where the face is carried."""
        return int(self.faces[frame - self.frames.first])

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """float64 [n, 2]: the middle of the face, in pixels, moving with the head and not with the jaw."""
        turn = np.radians(self.poses[:, 3])
        across, down = (self.reaches[:, 1] - self.reaches[:, 0]) / 2, (self.reaches[:, 3] - self.reaches[:, 2]) / 2
        x = self.poses[:, 0] + across * np.cos(turn) + down * np.sin(turn)
        y = self.poses[:, 1] - across * np.sin(turn) + down * np.cos(turn)
        return np.stack([x, y], axis=1)

    @cached_property
    def halves(self) -> NDArray[np.float64]:
        """float64 [n, 2]: half the width and half the height of the face along its own axes, in pixels."""
        return np.stack([self.reaches[:, :2].sum(axis=1) / 2, self.reaches[:, 2:].sum(axis=1) / 2], axis=1)


@dataclass(frozen=True, eq=False)
class Tracks:
    """The people of a shot. Persons are numbered from 1, by first appearance, then from left to right."""

    runs: tuple[Run, ...]

    @property
    def people(self) -> tuple[int, ...]:
        """The numbers of all persons."""
        return tuple(sorted({run.person for run in self.runs}))

    def at(self, frame: int) -> tuple[Run, ...]:
        """The runs that a frame lies in, by person."""
        return tuple(sorted((run for run in self.runs if frame in run.frames), key=lambda run: run.person))

    def pack(self) -> bytes:
        """The tracks as one file."""
        buffer, arrays = io.BytesIO(), dict[str, NDArray]()
        arrays["runs"] = np.array([(r.person, r.frames.first, r.frames.last) for r in self.runs], np.int32)
        for name in ("faces", "poses", "reaches", "hidden"):
            parts = [getattr(run, name) for run in self.runs]
            arrays[name] = np.concatenate(parts) if parts else np.zeros(0)
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, data: bytes) -> Tracks:
        """What `pack` gave."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        runs, at = list[Run](), 0
        for person, first, last in arrays["runs"].reshape(-1, 3):
            part = slice(at, at + last - first + 1)
            columns = (arrays[name][part] for name in ("faces", "poses", "reaches", "hidden"))
            runs.append(Run(int(person), FrameRange(int(first), int(last)), *columns))
            at = part.stop
        return cls(tuple(runs))


def tracks_of(people: Sequence[tuple[FrameRange, Sequence[Person]]], rate: float) -> Tracks:
    """The tracks of the people of each set-up, given with its frames in order of time. rate: frames a second."""
    runs, known = list[Run](), 0
    for setup, present in people:
        here = [
            run_of(number, part, setup, rate)
            for number, person in enumerate(present, known + 1)
            for part in parted(person.sightings, CARRIED * rate)
        ]
        runs += [_with_hidden(run, here) for run in here]
        known += len(present)
    return Tracks(tuple(runs))


def parted(sightings: Sequence[Sighting], longest: float) -> Iterator[list[Sighting]]:
    """The sightings of a person, parted where they were not seen for longer than so many frames."""
    part = [sightings[0]]
    for seen in sightings[1:]:
        if seen.frame - part[-1].frame - 1 > longest:
            yield part
            part = []
        part.append(seen)
    yield part


def run_of(person: int, seen: Sequence[Sighting], setup: FrameRange, rate: float) -> Run:
    """One run from its sightings: slips removed, gaps bridged in a straight line, smoothed, both ends carried on."""
    first, last = seen[0].frame, seen[-1].frame
    every, found = np.arange(first, last + 1), np.array([s.frame for s in seen])
    raw = np.array([(s.pose.x, s.pose.y, np.log(s.pose.size), s.pose.angle) for s in seen])
    raw[:, 3] = joined_angles(raw[:, 3])
    reach = np.array([(s.reach.left, s.reach.right, s.reach.up, s.reach.down) for s in seen])
    unit = float(np.exp(np.median(raw[:, 2])))
    raw[:, :2] /= unit
    raw = without_outliers(raw, np.array([*SLIP, ANGLE_SLIP]))
    share = reach / np.exp(raw[:, 2:3])
    poses, shares = (np.stack([np.interp(every, found, c) for c in a.T], axis=1) for a in (raw, share))
    poses[:, :3] = steadied(poses[:, :3], rate, CUTOFF, BETA)
    poses[:, 3:] = steadied(poses[:, 3:], rate, ANGLE_CUTOFF, ANGLE_BETA)
    before, after = min(EDGE, first - setup.first), min(EDGE, setup.last - last)
    poses, shares = _carried_on(poses, before, after), averaged(shares, round(REACH_SECONDS * rate))
    shares = np.concatenate([shares[:1].repeat(before, 0), shares, shares[-1:].repeat(after, 0)])
    poses[:, :2] *= unit
    poses[:, 2] = np.exp(poses[:, 2])
    faces = np.full(before + len(every) + after, NOT_SEEN, np.int32)
    faces[found - first + before] = [s.face for s in seen]
    hidden = np.zeros(len(faces), bool)
    return Run(person, FrameRange(first - before, last + after), faces, poses, shares * poses[:, 2:3], hidden)


def _carried_on(poses: NDArray[np.float64], before: int, after: int) -> NDArray[np.float64]:
    """The poses with frames added at both ends, the place moving on as it did, size and angle held."""
    near = min(3, len(poses) - 1)
    moves = np.zeros((2, poses.shape[1]))
    if near:
        moves[0, :2], moves[1, :2] = (poses[0] - poses[near])[:2] / near, (poses[-1] - poses[-1 - near])[:2] / near
    head = poses[0] + moves[0] * np.arange(before, 0, -1)[:, None]
    tail = poses[-1] + moves[1] * np.arange(1, after + 1)[:, None]
    return np.concatenate([head, poses, tail])


def _with_hidden(run: Run, all_runs: Sequence[Run]) -> Run:
    """The run with the frames marked in which it is carried behind a face that is seen."""
    hidden = run.hidden.copy()
    for at, frame in enumerate(run.frames):
        others = (other for other in all_runs if other is not run and frame in other.frames)
        seen = [other for other in others if other.face(frame) != NOT_SEEN]
        hidden[at] = run.faces[at] == NOT_SEEN and any(_covered(run, other, frame) > COVERED for other in seen)
    return Run(run.person, run.frames, run.faces, run.poses, run.reaches, hidden)


def _covered(run: Run, other: Run, frame: int) -> float:
    """The part of a face's box that another face's box covers, 0..1. Both boxes along the picture's sides."""
    one, two = ((r.middles[frame - r.frames.first], r.halves[frame - r.frames.first]) for r in (run, other))
    overlap = np.minimum(one[0] + one[1], two[0] + two[1]) - np.maximum(one[0] - one[1], two[0] - two[1])
    return float(np.prod(np.maximum(overlap, 0)) / max(np.prod(2 * one[1]), 1e-9))
