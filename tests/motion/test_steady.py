"""Steadying: flicker goes, the plate's own life and what changes for good stay, and nothing crosses a border."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from pipeline.frames import Box, Flow
from pipeline.motion.flow import warp
from pipeline.motion.source import Estimated, walk
from pipeline.motion.steady import Look, broken, steadied
from tests.motion.scenes import SIZE, Panning, texture, uniform

WHOLE = Box(0, 0, SIZE[1], SIZE[0])
KNOWN = np.ones(SIZE, bool)


def flickering(frame: int, sigma: float = 8.0) -> Look:
    """A look of +20 levels that flickers in broad patches, anew in every frame."""
    noise = np.random.default_rng(100 + frame).normal(size=(*SIZE, 3)).astype(np.float32)
    patches = cv2.GaussianBlur(noise, (0, 0), 6.0)
    return Look((20 + sigma * patches / patches.std()).astype(np.float32), KNOWN)


def around(motion: Estimated, frame: int, reach: int) -> Iterator[tuple[Flow, Look]]:
    for end in (frame - reach, frame + reach):
        for flow in walk(motion, frame, end):
            yield flow, flickering(flow.to)


def flicker(first: Look, second: Look, flow: Flow) -> float:
    carried, seen = warp(first.change, flow)
    return float(np.sqrt(((second.change - carried) ** 2)[seen].mean()))


def test_flicker_falls_by_the_length_of_the_window() -> None:
    motion = Panning().motion()
    before = [flickering(frame) for frame in (20, 21)]
    after = [steadied(flickering(n), around(motion, n, 4), tolerance=255, box=WHOLE) for n in (20, 21)]
    back = motion.step(21, 20)
    assert back is not None
    own, steady = flicker(before[0], before[1], back), flicker(after[0], after[1], back)
    assert steady < own / 7, "nine frames leave a ninth, and a little for the edges"
    assert abs(np.mean(after[0].change) - 20) < 1, "the look itself stays"


def test_a_still_look_is_returned_as_it_is() -> None:
    look = Look(texture(*SIZE, seed=3) - 128, KNOWN)
    others = [(uniform(5, to, (0, 0)), look) for to in (4, 6)]
    assert np.allclose(steadied(look, others, 24, WHOLE).change, look.change, atol=1e-3)


def test_a_look_that_moves_with_the_surface_keeps_its_detail() -> None:
    wall = texture(SIZE[0], 3 * SIZE[1], seed=4) - 128

    def look(frame: int) -> Look:
        return Look(np.ascontiguousarray(wall[:, 128 - 2 * frame : 256 - 2 * frame]), KNOWN)

    others = [(uniform(10, to, (2, 0)), look(to)) for to in (6, 7, 8, 9, 11, 12, 13, 14)]
    assert np.abs(steadied(look(10), others, 24, WHOLE).change - look(10).change).max() < 1e-2


def test_a_lamp_that_is_switched_on_stays_switched_on() -> None:
    dark, lit = (Look(np.full((*SIZE, 3), level, np.float32), KNOWN) for level in (0.0, 100.0))
    others = [(uniform(5, to, (0, 0)), lit if to > 5 else dark) for to in (3, 4, 6, 7)]
    assert np.abs(steadied(lit, others, 24, WHOLE).change - 100).max() < 1


@pytest.mark.parametrize("where", ["unseen", "unknown"])
def test_nothing_comes_from_where_nothing_is_to_be_seen(where: str) -> None:
    own = Look(np.zeros((*SIZE, 3), np.float32), KNOWN)
    other, flow = Look(np.full((*SIZE, 3), 9, np.float32), KNOWN.copy()), uniform(5, 6, (0, 0))
    (flow.seen if where == "unseen" else other.known)[:, :64] = False
    change = steadied(own, [(flow, other)], 255, WHOLE).change
    assert not change[:, :64].any() and np.allclose(change[:, 66:], 4.5, atol=0.1)


def test_outside_its_box_a_look_stays_as_it_is() -> None:
    own, other = flickering(5), flickering(6)
    box = Box(20, 10, 40, 30)
    steady = steadied(own, [(uniform(5, 6, (0, 0)), other)], 255, box)
    expected = own.change.copy()
    box.cut(expected)[:] = (box.cut(own.change) + box.cut(other.change)) / 2
    assert np.allclose(steady.change, expected, atol=0.3)
    outside = np.ones(SIZE, bool)
    box.cut(outside)[:] = False
    assert np.array_equal(steady.change[outside], own.change[outside])


def test_a_look_and_its_plate_give_the_result_back() -> None:
    plate, result = Panning().picture(0), Panning().picture(7)
    assert np.array_equal(Look.of(result, plate, KNOWN).on(plate), result)


def test_fine_structure_stays_the_frames_own_where_the_motion_breaks() -> None:
    """A rim that the flow misses is not drawn into the frame; elsewhere all of the look is averaged."""
    own, other = (Look(np.zeros((*SIZE, 3), np.float32), KNOWN) for _ in range(2))
    own.change[:] = 4
    other.change[:, [20, 60]] = 40
    flow = uniform(5, 6, (0, 0))
    flow.vectors[:, 62:, 1] = 3
    averaged, kept = (steadied(own, [(flow, other)], 255, WHOLE, own_below).change for own_below in (0.0, 3.0))
    assert averaged[50, 60, 0] > 20 and kept[50, 60, 0] < 6
    assert averaged[50, 20, 0] > 20 and kept[50, 20, 0] > 20
    assert np.allclose(averaged[:, :16], 2, atol=0.1) and np.allclose(kept[:, :16], 2, atol=0.1)


def test_only_the_steps_to_the_neighbours_say_where_the_motion_breaks() -> None:
    """Over many frames everything has moved against everything."""
    own, other = (Look(np.zeros((*SIZE, 3), np.float32), KNOWN) for _ in range(2))
    other.change[:, 60] = 40
    far = uniform(5, 9, (0, 0))
    far.vectors[:, 62:, 1] = 3
    assert steadied(own, [(far, other)], 255, WHOLE, 3.0).change[50, 60, 0] > 15
    assert broken(far)[50, 60] > 0.9 and broken(far)[50, 20] == 0
    hidden = uniform(5, 6, (0, 0))
    hidden.seen[50, 20] = False
    assert broken(hidden)[50, 21] > 0.9 and broken(hidden)[50, 40] == 0
