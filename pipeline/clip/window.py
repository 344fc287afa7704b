"""Frames by number, for those who look a few frames back and ahead: read in order, kept while they are near."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

from pipeline.frames import Frame, FrameRange

AHEAD = 64
"""Frames that are read over rather than sought: beyond it, seeking is the shorter way."""


class Window:
    """Frames of a shot by number. Memory is flat: `kept` frames and one open reader. Not thread-safe.

    read: gives the frames of a range in order. shot: every frame there is.
    """

    def __init__(self, read: Callable[[FrameRange], Iterator[Frame]], shot: FrameRange, kept: int) -> None:
        self._read, self._shot, self._limit = read, shot, kept
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._reader: Iterator[Frame] = iter(())
        self._next: int | None = None

    def frame(self, number: int) -> Frame:
        """A frame of the shot. Raises what `read` raises."""
        while number not in self._kept:
            if self._next is None or not self._next <= number < self._next + AHEAD:
                self._reader, self._next = self._read(FrameRange(number, self._shot.last)), number
            following, self._next = self._next + 1, None
            self.keep(next(self._reader))
            self._next = following
        return self._kept[number]

    def keep(self, frame: Frame) -> None:
        """Take in a frame that somebody else has read."""
        self._kept[frame.number] = frame
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
