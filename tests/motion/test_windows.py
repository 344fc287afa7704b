"""Windows over a set-up: every frame lies in some, none is seen to begin or to end, nothing hangs on what is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.frames import FrameRange
from pipeline.motion.windows import Windows

CASES = [
    Windows(FrameRange(0, 99), 16, 4),
    Windows(FrameRange(37, 36 + 40), 16, 8),
    Windows(FrameRange(5, 20), 16, 4),
    Windows(FrameRange(5, 21), 16, 4),
    Windows(FrameRange(3, 3), 16, 4),
    Windows(FrameRange(0, 30), 8, 6),
    Windows(FrameRange(0, 30), 8, 0),
]


@pytest.mark.parametrize("windows", CASES)
def test_every_frame_is_shared_out(windows: Windows) -> None:
    for frame in windows.setup:
        shares = windows.shares(frame)
        assert shares and sum(share for _, share in shares) == pytest.approx(1)
        for window, share in shares:
            assert share > 0 and frame in window
            assert window.first in windows.setup and window.last in windows.setup
            assert len(window) == min(windows.length, len(windows.setup))


@pytest.mark.parametrize("windows", CASES)
def test_all_frames_agree_on_the_windows(windows: Windows) -> None:
    """A window that one frame names is named by every frame in it."""
    named = {window for frame in windows.setup for window in windows.around(frame)}
    for frame in windows.setup:
        assert set(windows.around(frame)) == {window for window in named if frame in window}
    firsts = sorted(window.first for window in named)
    step = windows.length - windows.overlap
    assert all(later - first <= step for first, later in pairwise(firsts))


def test_a_window_fades_in_and_out() -> None:
    windows = Windows(FrameRange(0, 199), 16, 6)
    before: dict[FrameRange, float] = {}
    for frame in range(10, 180):
        now = dict(windows.shares(frame))
        steps = [abs(now.get(window, 0.0) - before.get(window, 0.0)) for window in {*now, *before} if before]
        assert all(step <= 1 / 6 for step in steps), frame
        before = now


def test_a_long_set_up_costs_no_more_than_a_short_one() -> None:
    assert len(Windows(FrameRange(0, 10**9), 16, 4).around(10**9 - 1)) <= 3
