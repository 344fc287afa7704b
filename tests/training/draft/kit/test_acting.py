"""Acting: units stay in range, opposites give way, curves are smooth and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from training.draft.kit.acting import MOST_ASIDE, MOST_PITCH, Direction, still
from training.draft.kit.expressions import EXPRESSIONS, UNITS, VISEMES, gaze_units, merged, spread
from training.draft.kit.performance import Part, Performance, swell


def test_every_word_is_spelt_in_known_units() -> None:
    assert len(UNITS) == len(set(UNITS)) == 52
    for weights in (*EXPRESSIONS.values(), *VISEMES.values(), gaze_units(9, -4)):
        assert set(spread(weights)) <= set(UNITS)


def test_a_star_stands_for_both_sides() -> None:
    assert spread({"mouthSmile*": 0.5, "jawOpen": 0.2}, 2, right=0.5) == {
        "mouthSmileLeft": 1.0,
        "mouthSmileRight": 0.5,
        "jawOpen": 0.4,
    }


def test_opposites_give_way() -> None:
    smiling = merged(spread({"mouthSmile*": 0.7, "mouthFrown*": 0.5}))
    assert smiling["mouthFrownLeft"] == pytest.approx(0.5 * 0.3)
    asleep = merged(spread({"eyeBlink*": 1.0, "eyeWide*": 0.8, "eyeSquint*": 0.5}))
    assert "eyeWideLeft" not in asleep
    assert asleep["eyeSquintLeft"] == pytest.approx(0.15)


def test_two_jaws_open_further_than_one_but_not_for_ever() -> None:
    assert 0.5 < merged({"jawOpen": 0.5}, {"jawOpen": 0.2})["jawOpen"] < 0.7
    assert merged({"jawOpen": 0.7}, {"jawOpen": 0.7})["jawOpen"] == 0.75


def test_stills_stay_in_range_and_follow_their_direction() -> None:
    rng = np.random.default_rng(0)
    moments = [still(rng, Direction()) for _ in range(200)]
    for moment in moments:
        assert all(0 <= weight <= 1 for weight in moment.weights.values())
        assert abs(moment.head[0]) <= 40
        assert abs(moment.head[1]) <= MOST_PITCH
        assert abs(moment.gaze[0]) <= MOST_ASIDE
    assert {arm.raised for moment in moments for arm in moment.arms.values()} == {0.0}
    turned = [still(rng, Direction(hands=True, turn=60, play=12)) for _ in range(50)]
    assert all(48 <= moment.head[0] <= 72 for moment in turned)
    assert all(max(arm.raised for arm in moment.arms.values()) == 1 for moment in turned)


def test_a_performance_is_the_same_every_time_and_smooth() -> None:
    first, second = Performance(Part(3, 96)), Performance(Part(3, 96))
    moments = [first.moment(frame) for frame in range(-1, 97)]
    assert moments == [second.moment(frame) for frame in range(-1, 97)]
    assert moments != [Performance(Part(4, 96)).moment(frame) for frame in range(-1, 97)]
    yaw = np.array([moment.head[0] for moment in moments])
    assert np.ptp(yaw) > 5
    assert np.abs(np.diff(yaw)).max() < 8


def test_a_performance_blinks_talks_and_has_its_moods() -> None:
    moments = [Performance(Part(5, 96, moods=("angry",))).moment(frame) for frame in range(96)]
    quiet = [Performance(Part(5, 96, talk=0, moods=("neutral",))).moment(frame) for frame in range(96)]
    assert "angry" in {moment.words for moment in moments}
    assert max(moment.weights.get("eyeBlinkLeft", 0) for moment in moments) > 0.7
    assert max(moment.weights.get("jawOpen", 0) for moment in moments) > 0.2
    assert max(moment.weights.get("jawOpen", 0) for moment in quiet) == 0
    assert all(0 <= weight <= 1 for moment in moments for weight in moment.weights.values())


def test_a_mood_swells_and_fades() -> None:
    level = swell(np.linspace(0, 3, 301), 1.0, 2.0, 0.2)
    assert level[:101].max() == 0
    assert level[150] == 1
    assert level[-100:].max() == 0
    assert level[110] == pytest.approx(0.5, abs=0.01)
