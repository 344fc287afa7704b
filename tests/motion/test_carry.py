"""Key frames on their absolute grid, and looks that are carried, blended and guessed."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.frames import FrameRange
from pipeline.motion.carry import KeyFrames, blended, carried, key_frames, spread
from pipeline.motion.steady import Look
from tests.motion.scenes import SIZE, texture, uniform

EVERYWHERE = np.ones(SIZE, bool)


def level(value: float, known: np.ndarray = EVERYWHERE) -> Look:
    return Look(np.full((*SIZE, 3), value, np.float32), known)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (5, KeyFrames(5, 8, 0.0)),
        (7, KeyFrames(5, 8, 2 / 3)),
        (8, KeyFrames(8, 16, 0.0)),
        (15, KeyFrames(8, 16, 7 / 8)),
        (18, KeyFrames(16, None, 0.0)),
    ],
)
def test_key_frames_lie_on_the_grid_and_where_a_set_up_begins(frame: int, expected: KeyFrames) -> None:
    assert key_frames(frame, 8, FrameRange(5, 20)) == expected


def test_a_look_goes_where_its_surface_goes() -> None:
    look = Look(texture(*SIZE, seed=5), EVERYWHERE)
    moved = carried(look, uniform(4, 3, (-5, 2)))
    assert np.allclose(moved.change[8:90, 8:110], look.change[6:88, 13:115], atol=1e-3)
    assert not moved.known[:, -5:].any() and not moved.known[:2].any() and moved.known[8:90, 8:110].all()


def test_a_blend_counts_what_is_known() -> None:
    left = EVERYWHERE.copy()
    left[:, 64:] = False
    both = blended([(level(10, left), 0.75), (level(30), 0.25)])
    assert np.allclose(both.change[:, :64], 15) and np.allclose(both.change[:, 64:], 30)
    nothing = blended([(level(10, ~EVERYWHERE), 0.5), (level(30), 0.0)])
    assert not nothing.known.any() and not nothing.change.any()


def test_a_guess_continues_what_is_around_and_changes_nothing_known() -> None:
    known = EVERYWHERE.copy()
    known[40:50, 60:70] = False
    guessed = spread(level(12, known))
    assert np.allclose(guessed.change, 12, atol=0.3)
    assert np.array_equal(guessed.change[known], level(12).change[known])
    assert np.abs(spread(level(12, ~EVERYWHERE)).change).max() == 0
