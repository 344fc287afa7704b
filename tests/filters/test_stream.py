from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.filters.stream import Moment, Stream, closed, opened, windows
from pipeline.frames import Frame


def numbered(count: int, taken: list[int] | None = None) -> Stream:
    for number in range(count):
        if taken is not None:
            taken.append(number)
        yield Moment(number, np.full((2, 2, 3), number, np.float32))


def seen(count: int, reach: int, cuts: frozenset[int]) -> Iterator[tuple[int, list[int]]]:
    for window in windows(numbered(count), reach, cuts):
        yield window.moment.number, [moment.number for moment in window.moments]


@given(st.integers(0, 30), st.integers(0, 7), st.frozensets(st.integers(0, 30)))
def test_a_frame_sees_its_neighbours_up_to_the_cut(count: int, reach: int, cuts: frozenset[int]) -> None:
    part_of = np.cumsum([number in cuts for number in range(count)])
    expected = [
        (n, [m for m in range(n - reach, n + reach + 1) if 0 <= m < count and part_of[m] == part_of[n]])
        for n in range(count)
    ]
    assert list(seen(count, reach, cuts)) == expected


def test_no_more_frames_are_taken_than_must_be_seen() -> None:
    taken: list[int] = []
    first = next(windows(numbered(1000, taken), 3, frozenset()))
    assert first.moment.number == 0
    assert taken == [0, 1, 2, 3]


def test_pixels_come_back_as_they_were() -> None:
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    frame = next(closed(opened([Frame(7, picture)])))
    assert frame.number == 7
    assert (frame.pixels == picture).all()
