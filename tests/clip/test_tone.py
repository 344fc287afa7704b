"""High dynamic range: the standards' own figures, neutral greys, and a curve without steps."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clip.colour import display_from_linear
from pipeline.clip.tone import HighRange, pq_light, rolled_off, shown_light


def level(signal: float) -> int:
    return round(signal * 65535)


def grey(signal: float, kind: HighRange) -> np.ndarray:
    return shown_light(np.full((1, 1, 3), level(signal), np.uint16), kind)[0, 0]


@pytest.mark.parametrize(("signal", "light"), [(0.0, 0), (0.508, 100), (0.5806, 203), (0.7518, 1000), (1.0, 10000)])
def test_pq_is_as_the_standard_says(signal: float, light: float) -> None:
    assert float(pq_light(np.array(signal))) == pytest.approx(light, rel=0.01, abs=0.01)


def test_reference_white_is_the_same_in_both() -> None:
    pq, hlg = grey(0.5806, "PQ"), grey(0.75, "HLG")  # ITU-R BT.2408: 203 candela per square metre
    assert pq == pytest.approx(hlg, rel=0.03)
    assert 215 < display_from_linear(pq[None, None])[0, 0, 0] < 235


@pytest.mark.parametrize("kind", ["PQ", "HLG"])
def test_greys_stay_grey_and_rise(kind: HighRange) -> None:
    levels = np.repeat(np.arange(0, 65536, 64, dtype=np.uint16)[None, :, None], 3, axis=2)
    shown = shown_light(levels, kind)[0]
    assert np.abs(shown - shown[:, :1]).max() < 2e-3
    assert (np.diff(shown[:, 1]) >= -1e-6).all()
    assert shown[0, 1] == pytest.approx(0, abs=1e-4)
    assert shown[-1, 1] == pytest.approx(1, abs=1e-3)


def test_the_roll_off_has_no_step_and_leaves_dark_light_alone() -> None:
    light = np.linspace(0, 5, 2001, dtype=np.float32)
    shown = rolled_off(light)
    assert np.array_equal(shown[light <= 0.5], light[light <= 0.5])
    slopes = np.diff(shown) / np.diff(light)
    assert np.abs(np.diff(slopes)).max() < 0.02
    assert shown.max() == pytest.approx(1, abs=1e-3)


def test_hue_is_kept_in_bright_light() -> None:
    red = shown_light(np.array([[[level(0.75), level(0.4), level(0.4)]]], np.uint16), "PQ")[0, 0]
    assert red[0] > 0.9
    assert red[1] < 0.1
    assert (red >= 0).all()
