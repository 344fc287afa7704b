"""What is seen on a shot's frames, found once per frame, kept, and shared by everyone who asks: faces, or hands."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.window import Window
from pipeline.errors import FootageError
from pipeline.frames import Frame
from pipeline.keys import Key
from pipeline.people.pose import Look, Pose, Reach, look_of
from pipeline.stage import FrameStore

REMEMBERED = 32
"""Frames whose findings stay in memory."""
NEAR = 8
"""Frames of the clip that stay at hand for those beside them."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One of them in a frame. points: float32 [n, 3], pixels of the plate. look: what it is known again by."""

    points: NDArray[np.float32]
    look: Look


S = TypeVar("S", bound=Seen, covariant=True)


class Sightings(ABC, Generic[S]):
    """What is seen by frame, from the store where it is finished, found and stored otherwise. One thread at a time.

    What is remembered is given to others meanwhile.

    looks_ahead: how many frames further on those lie that are looked at for a frame.
    """

    looks_ahead: ClassVar[int] = 0

    def __init__(self, shot: Shot, cache: Path, key: Key, kept: int = NEAR) -> None:
        """kept: frames of the clip that stay at hand."""
        self.shot, self.key = shot, key
        self.store = FrameStore(cache, key, ".npz")
        self._memory: OrderedDict[int, tuple[S, ...]] = OrderedDict()
        self._window = Window(partial(read_frames, shot), shot.frames, kept)
        self._lock = RLock()

    @abstractmethod
    def find(self, frame: Frame) -> Iterable[NDArray[np.float32]]:
        """The landmarks of each in a frame of the clip, float32 [n, 3] in its pixels, the largest first."""

    @abstractmethod
    def pose(self, points: NDArray[np.float32]) -> Pose:
        """The frame of one with these landmarks."""

    @abstractmethod
    def reach(self, points: NDArray[np.float32], pose: Pose) -> Reach:
        """How far it reaches."""

    @abstractmethod
    def made(self, points: NDArray[np.float32], look: Look) -> S:
        """It, as it is given to those who ask."""

    def of(self, frame: Frame) -> tuple[S, ...]:
        """Those of a plate frame, the largest first. Raises OutputError when they cannot be stored."""
        return self._known(frame.number, lambda: frame)

    def at(self, number: int) -> tuple[S, ...]:
        """The same for a frame that is not at hand; it is read off the plate when its findings were cleared away."""
        return self._known(number, lambda: self.frame(number))

    def frame(self, number: int) -> Frame:
        """A frame of the clip as it came. Raises FootageError."""
        with self._lock:
            return self._window.frame(number)

    def ahead(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The clip's own frames in order, each when those that are looked at for it are at hand.

        Whoever asks for what is seen in a stream of frames goes through this, or they are read twice.
        """
        held = deque[Frame]()
        try:
            for frame in frames:
                with self._lock:
                    self._window.keep(frame)
                held.append(frame)
                if len(held) > self.looks_ahead:
                    yield held.popleft()
        except FootageError:
            yield from held
            raise
        yield from held

    def _known(self, number: int, frame: Callable[[], Frame]) -> tuple[S, ...]:
        remembered = self._memory.get(number)
        if remembered is not None:
            return remembered
        with self._lock:
            if number not in self._memory:
                stored = self._stored(number)
                self._remember(number, self._find(frame()) if stored is None else stored)
            return self._memory[number]

    def _find(self, frame: Frame) -> tuple[S, ...]:
        found = tuple(self.made(points, look_of(frame.pixels, self.pose(points))) for points in self.find(frame))
        self.store.write(frame.number, _packed(found))
        return found

    def _stored(self, number: int) -> tuple[S, ...] | None:
        if not self.store.has(number):
            return None
        with np.load(io.BytesIO(self.store.read(number)), allow_pickle=False) as arrays:
            return tuple(self.made(p, look) for p, look in zip(arrays["points"], arrays["looks"], strict=True))

    def _remember(self, number: int, found: tuple[S, ...]) -> None:
        self._memory[number] = found
        while len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)


def _packed(found: Iterable[Seen]) -> bytes:
    buffer, every = io.BytesIO(), tuple(found)
    points = np.array([one.points for one in every], np.float32)
    np.savez_compressed(buffer, points=points, looks=np.array([one.look for one in every], np.uint8))
    return buffer.getvalue()
