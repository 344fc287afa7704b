"""Detail and texture against pictures whose bands are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from pipeline.frames import Box
from pipeline.measure.detail import BANDS, NOTHING, DetailMeter, bands, detail, texture
from pipeline.measure.motion import Motion
from pipeline.measure.regions import REGIONS, RegionFigures, parts_of, region_figures
from pipeline.motion.flow import Plane

SIZE = (180, 320)
FACE = Box(100, 40, 80, 90)
PEOPLE = np.zeros(SIZE, np.uint8)
PEOPLE[30:, 90:200] = 255
COUNT = 5
Change = Callable[[int, Plane], Plane]


def ground() -> Plane:
    """A texture with something in every band, wider than the picture: float32 levels."""
    noise = np.random.default_rng(3).standard_normal((SIZE[0], 600)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), sigma) * gain for sigma, gain in ((0.8, 12), (2, 40), (5, 120))]
    return np.clip(128 + np.sum(layers, axis=0), 30, 220).astype(np.float32)


def moving(pixels: int) -> list[Plane]:
    """A camera that moves over the ground by so many pixels a frame."""
    return [np.ascontiguousarray(ground()[:, pixels * step : pixels * step + SIZE[1]]) for step in range(COUNT)]


def measured(plates: Sequence[Plane], change: Change) -> tuple[dict[str, RegionFigures], dict[str, RegionFigures]]:
    """Detail and texture of the changed plates, by region."""
    meter, motion, parts = DetailMeter(), Motion(), parts_of(PEOPLE, [FACE])
    shared, staying = [], []
    for frame, luma in enumerate(plates):
        grey = np.repeat(np.rint(luma).astype(np.uint8)[..., None], 3, axis=-1)
        own, stays = meter.step((luma, change(frame, luma), luma), motion.step(grey, cut=False), parts)
        shared.append(own)
        staying.append(stays)
    return (
        {region: region_figures(region, shared, detail, BANDS, NOTHING) for region in REGIONS},
        {region: region_figures(region, staying, texture, BANDS, NOTHING) for region in REGIONS},
    )


def whole(plates: Sequence[Plane], change: Change) -> tuple[float, float]:
    """The headlines of the whole frame."""
    found = tuple(figures["whole frame"].figure.value for figures in measured(plates, change))
    assert found[0] is not None and found[1] is not None
    return found[0], found[1]


def grain(seed: int, level: float) -> Plane:
    return (level * np.random.default_rng(seed).standard_normal(SIZE)).astype(np.float32)


def test_bands_and_what_is_left_add_up_to_the_picture() -> None:
    luma = moving(0)[0]
    assert bands(luma).sum(axis=-1) + cv2.GaussianBlur(luma, (0, 0), 4) == pytest.approx(luma, abs=1e-3)


@pytest.mark.parametrize(("wavelength", "band"), [(3, 0), (8, 1), (15, 2)])
def test_each_wavelength_lies_mostly_in_its_band(wavelength: float, band: int) -> None:
    wave = np.broadcast_to(np.sin(np.arange(SIZE[1]) * 2 * np.pi / wavelength), SIZE).astype(np.float32)
    energies = np.square(bands(wave)[40:-40, 40:-40]).mean(axis=(0, 1))
    assert int(np.argmax(energies)) == band


def test_the_plate_itself_has_all_its_detail() -> None:
    for figures in measured(moving(3), lambda _, luma: luma):
        for region in figures.values():
            assert region.figure.value == pytest.approx(1)
            assert [part.value for part in region.parts.values()] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("gain", [0.5, 0.9, 1.2])
def test_contrast_is_measured_exactly(gain: float) -> None:
    assert whole(moving(3), lambda _, luma: gain * luma) == pytest.approx((gain, gain), rel=1e-3)


def test_blur_loses_detail_and_texture_the_finest_first() -> None:
    soft = measured(moving(3), lambda _, luma: cv2.GaussianBlur(luma, (0, 0), 2).astype(np.float32))
    for figures in soft:
        region = figures["whole frame"]
        assert region.figure.value is not None and region.figure.value < 0.65
        parts = [part.value for part in region.parts.values()]
        assert parts == sorted(parts, key=lambda value: value or 0.0)
        assert parts[0] is not None and parts[0] < 0.3


def test_moving_grain_buys_nothing_back() -> None:
    def soft(_: int, luma: Plane) -> Plane:
        return cv2.GaussianBlur(luma, (0, 0), 2).astype(np.float32)

    blurred = whole(moving(3), soft)
    grainy = whole(moving(3), lambda frame, luma: soft(frame, luma) + grain(frame, 6))
    assert grainy == pytest.approx(blurred, abs=0.03)


def test_still_grain_buys_no_detail_and_no_texture_where_the_plate_moves() -> None:
    def soft(_: int, luma: Plane) -> Plane:
        return cv2.GaussianBlur(luma, (0, 0), 2).astype(np.float32)

    blurred = whole(moving(5), soft)
    dirty = whole(moving(5), lambda frame, luma: soft(frame, luma) + grain(99, 6))
    assert dirty == pytest.approx(blurred, abs=0.05)


def test_new_texture_that_moves_with_the_surface_is_texture_and_not_the_plates_detail() -> None:
    """Pores: a pattern that lies on the ground and is carried along with it, as strong as the finest band."""
    pores = (8 * np.random.default_rng(8).standard_normal((SIZE[0], 600))).astype(np.float32)
    found = whole(moving(3), lambda frame, luma: luma + pores[:, 3 * frame : 3 * frame + SIZE[1]])
    assert found[0] == pytest.approx(1, abs=0.05)
    assert found[1] > 1.15


def test_a_soft_face_shows_in_the_face_alone() -> None:
    def change(_: int, luma: Plane) -> Plane:
        changed = luma.copy()
        FACE.cut(changed)[:] = FACE.cut(cv2.GaussianBlur(luma, (0, 0), 2))
        return changed

    sharp = measured(moving(0), change)[0]
    assert (sharp["face"].figure.value or 0) < 0.65
    assert sharp["background"].figure.value == pytest.approx(1, abs=0.01)


def test_a_flat_plate_and_a_missing_face_have_words() -> None:
    flat = [np.full(SIZE, 90, np.float32)] * 2
    for figures in measured(flat, lambda frame, luma: luma + grain(frame, 5)):
        for region in figures.values():
            assert (region.figure.value, region.figure.reason, region.coverage) == (None, NOTHING, 0)
            assert region.curve == (None, None)


def test_the_curve_says_which_frame_is_soft() -> None:
    def change(frame: int, luma: Plane) -> Plane:
        return cv2.GaussianBlur(luma, (0, 0), 2).astype(np.float32) if frame == 3 else luma

    curve = [step[0] for step in measured(moving(2), change)[0]["whole frame"].curve if step is not None]
    assert len(curve) == COUNT
    assert int(np.argmin(curve)) == 3
