"""Overlapping windows over a set-up, for models that make many frames together: which there are, and who counts where.

This is AnimateDiff's uniform context schedule with stride 1. The windows lie on a grid that begins with the set-up: a
frame has the same windows whatever is rendered, and a set-up of any length needs no more memory than a few windows.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.frames import FrameRange


@dataclass(frozen=True)
class Windows:
    """Windows of `length` frames over a set-up, each sharing `overlap` frames with the next.

    The last one ends with the set-up, and so may share more. A set-up that is shorter has one window, all of it.
    """

    setup: FrameRange
    length: int
    overlap: int

    def around(self, frame: int) -> tuple[FrameRange, ...]:
        """The windows that a frame of the set-up lies in, the earliest first."""
        step, whole = self.length - self.overlap, len(self.setup)
        if whole <= self.length:
            return (self.setup,)
        latest = whole - self.length
        at = frame - self.setup.first
        first = max(-(-(at - self.length + 1) // step), 0)
        starts = sorted({min(place * step, latest) for place in range(first, at // step + 1)} | {latest})
        lying = (start for start in starts if start <= at < start + self.length)
        return tuple(FrameRange(self.setup.first + s, self.setup.first + s + self.length - 1) for s in lying)

    def shares(self, frame: int) -> tuple[tuple[FrameRange, float], ...]:
        """The same, each with how much of the frame it gives; the shares add up to 1.

        A window counts more the farther the frame lies from its ends, so that none is seen to begin or to end.
        """
        found = self.around(frame)
        inside = [min(frame - window.first, window.last - frame) + 1 for window in found]
        return tuple((window, own / sum(inside)) for window, own in zip(found, inside, strict=True))
