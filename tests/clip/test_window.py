"""Frames by number: which are read, and that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.clip.window import AHEAD, Window
from pipeline.frames import Frame, FrameRange


class Reader:
    """Gives blank frames and notes where each reading began and how far it came."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.given: list[int] = []

    def read(self, frames: FrameRange) -> Iterator[Frame]:
        self.begun.append(frames.first)
        for number in frames:
            self.given.append(number)
            yield Frame(number, np.zeros((2, 2, 3), np.uint8))


def test_frames_in_order_are_read_once() -> None:
    reader = Reader()
    window = Window(reader.read, FrameRange(0, 999), kept=8)
    for number in range(20, 60):
        assert window.frame(number).number == number
        assert window.frame(max(number - 7, 20)).number == max(number - 7, 20)
    assert reader.begun == [20] and reader.given == list(range(20, 60))


def test_a_little_ahead_is_read_over_and_far_ahead_is_sought() -> None:
    reader = Reader()
    window = Window(reader.read, FrameRange(0, 999), kept=8)
    assert [window.frame(number).number for number in (0, 10, 10 + AHEAD + 1)] == [0, 10, 11 + AHEAD]
    assert reader.begun == [0, 11 + AHEAD] and reader.given == [*range(11), 11 + AHEAD]


def test_what_is_no_longer_kept_is_read_again() -> None:
    reader = Reader()
    window = Window(reader.read, FrameRange(0, 99), kept=4)
    for number in (0, 1, 2, 3, 4):
        window.frame(number)
    assert window.frame(0).number == 0 and reader.begun == [0, 0]


def test_a_frame_that_somebody_else_read_is_not_read() -> None:
    reader = Reader()
    window = Window(reader.read, FrameRange(0, 99), kept=4)
    window.keep(Frame(7, np.zeros((2, 2, 3), np.uint8)))
    assert window.frame(7).number == 7 and reader.begun == []
