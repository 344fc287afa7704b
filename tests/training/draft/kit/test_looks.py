"""The print of a film picture, the passes of an engine picture, and words and angles, without drawing anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.draft.kit.cameras import Camera
from training.draft.kit.film_print import exposure, printed, toned
from training.draft.kit.passes import read_passes, write_passes
from training.draft.kit.scene import Buffers


def camera(eye: tuple[float, float, float] = (0, -2, 0.6)) -> Camera:
    target = np.array([0, 0, 0.6])
    return Camera(np.array(eye, float), target, target)


def test_the_tone_curve_rises_and_stays_in_range() -> None:
    light = np.repeat(np.geomspace(1e-4, 50, 200)[:, None], 3, 1)
    shown = toned(light)
    assert (np.diff(shown.mean(1)) >= 0).all()
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert 0.3 < toned(np.full((1, 3), 0.18)).mean() < 0.6


def test_exposure_brings_film_to_the_engines_brightness() -> None:
    rng = np.random.default_rng(0)
    light = rng.uniform(0.02, 0.4, (64, 64, 3)).astype(np.float32)
    people = np.zeros((64, 64), bool)
    people[20:40, 20:40] = True
    wanted = (toned(light * 1.7) * 255 / 0.94).clip(0, 255)
    assert exposure(light, wanted, people) == pytest.approx(1.7, rel=0.03)
    assert exposure(light * 100, wanted * 0, people) == pytest.approx(0.35, rel=0.01)


def test_prints_have_grain_and_vignette_from_their_seed() -> None:
    light = np.full((96, 96, 3), 0.2, np.float32)
    one, again, other = printed(light, 1.0, 1), printed(light, 1.0, 1), printed(light, 1.0, 2)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one[40:56, 40:56].mean() > one[:8, :8].mean() + 3
    assert 0.5 < one[40:56, 40:56].std() < 8


def test_highlights_glow() -> None:
    light = np.full((128, 128, 3), 0.05, np.float32)
    light[60:68, 60:68] = 30
    beside = printed(light, 1.0, 0)[64, 72]
    assert beside[0] > beside[2] + 3
    assert beside.mean() > printed(np.full_like(light, 0.05), 1.0, 0)[64, 72].mean() + 10


@pytest.mark.parametrize(
    ("eye", "normal", "seen"),
    [
        ((0, -2, 0.6), (0, -1, 0), (0, 0, 1)),
        ((0, -2, 0.6), (1, 0, 0), (1, 0, 0)),
        ((-2, 0, 0.6), (-1, 0, 0), (0, 0, 1)),
    ],
)
def test_passes_hold_normals_as_the_camera_sees_them(tmp_path: Path, eye: tuple, normal: tuple, seen: tuple) -> None:
    depth = np.linspace(0, 3, 12, dtype=np.float32).reshape(3, 4)
    normals = np.tile(np.array(normal, np.float32), (3, 4, 1))
    objects = np.array([[0, 1, 2, 18]] * 3, np.float32)
    write_passes(tmp_path / "p.exr", Buffers(depth, normals, np.zeros((3, 4, 2)), objects), camera(eye))
    read = read_passes(tmp_path / "p.exr")
    assert np.array_equal(read[0], depth)
    assert read[1][1, 2] == pytest.approx(seen, abs=1e-3)
    assert np.array_equal(read[2], objects)
