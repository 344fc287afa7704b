"""Counting blinks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.measure.acting import NO_FACE, Acting, Person
from pipeline.measure.blinks import EYES, Blinks, blinks_of
from pipeline.measure.expression import BLINKS, NAMES, Signs

COUNT = 60
LEFT, RIGHT = NAMES.index("blink left"), NAMES.index("blink right")


def eyes(shut: Mapping[int, Sequence[int]], depth: float = 0.9) -> Signs:
    """Signs [frames, 7] of a face whose eyes (by curve) are shut in the given frames and the one after."""
    signs = np.zeros((COUNT, len(NAMES)))
    signs[:, BLINKS] = 0.3
    for curve, frames in shut.items():
        for frame in frames:
            signs[frame : frame + 2, curve] *= 1 - depth
    signs[:, BLINKS[0]] = signs[:, [LEFT, RIGHT]].mean(axis=1)
    return signs


def both(*frames: int) -> Signs:
    return eyes({LEFT: frames, RIGHT: frames})


def blinks(plate: Signs, render: Signs) -> dict[str, Blinks]:
    found = {one.eye: one for one in blinks_of(people(plate, render))}
    assert tuple(found) == tuple(EYES)
    return found


def people(plate: Signs, render: Signs) -> tuple[Person, ...]:
    acting = Acting()
    for frame in range(COUNT):
        acting.add(100 + frame, 0, np.stack([plate[frame], render[frame], plate[frame]]))
    return acting.people()


def test_every_blink_that_the_render_shows_is_counted() -> None:
    for one in blinks(both(10, 30, 50), both(10, 50)).values():
        assert one.recall.value is not None
        assert round(one.recall.value, 6) == round(2 / 3, 6)
        assert (one.count, one.added, one.recall.ceiling) == (3, 0, 1)


def test_a_blink_may_come_two_frames_late_but_not_ten() -> None:
    assert [one.recall.value for one in blinks(both(10), both(12)).values()] == [1, 1, 1]
    late = blinks(both(10), both(20))["both eyes"]
    assert (late.recall.value, late.added) == (0, 1)


def test_a_half_shut_eye_is_a_blink_of_half_the_depth_and_a_quarter_is_none() -> None:
    plate = both(10, 40)
    assert blinks(plate, eyes({LEFT: (10, 40), RIGHT: (10, 40)}, 0.5))["both eyes"].recall.value == 1
    assert blinks(plate, eyes({LEFT: (10, 40), RIGHT: (10, 40)}, 0.25))["both eyes"].recall.value == 0


def test_each_eye_is_counted_by_itself() -> None:
    found = blinks(both(10, 40), eyes({LEFT: (10, 40), RIGHT: (10,)}))
    assert (found["left eye"].recall.value, found["right eye"].recall.value) == (1, 0.5)


def test_a_plate_without_blinks_and_a_render_without_a_face_get_words() -> None:
    found = blinks(both(), both(20))["both eyes"]
    assert (found.recall.reason, found.count, found.added) == ("no blink in the plate", 0, 1)
    faceless = blinks(both(20), np.full((COUNT, len(NAMES)), np.nan))["left eye"]
    assert (faceless.recall.reason, faceless.count, faceless.added) == (NO_FACE, 1, None)
    assert blinks_of(()) == ()
