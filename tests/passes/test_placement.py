"""The geometry of Auto1111's "inpaint only masked", worked out by hand, and the way back to the plate."""

import math

import cv2
import numpy as np
import pytest

from pipeline.frames import Box
from pipeline.passes.placement import (
    automatic_blur,
    blurred,
    cropped_frame,
    grown_to_ratio,
    only_masked,
    whole_frame,
)


def smooth_picture(width: int, height: int) -> np.ndarray:
    """A picture without hard edges, so that resizing there and back loses little."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x / 17 + y / 29), np.cos(x / 23 - y / 19), np.sin(y / 31)]
    return ((np.stack(waves, -1) * 0.4 + 0.5) * 255).astype(np.uint8)


def mask_with(box: Box, width: int, height: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    box.cut(mask)[:] = 255
    return mask


@pytest.mark.parametrize(
    ("plate", "content", "canvas"),
    [
        ((1920, 1080), (910, 512), (912, 512)),
        ((640, 360), (910, 512), (912, 512)),
        ((1080, 1920), (512, 910), (512, 912)),
        ((641, 361), (909, 512), (912, 512)),
    ],
)
def test_the_whole_frame_keeps_its_ratio_and_is_padded_to_eights(
    plate: tuple[int, int], content: tuple[int, int], canvas: tuple[int, int]
) -> None:
    place = whole_frame(plate, 512)
    assert (place.content.x, place.content.y) == (0, 0)
    assert (place.content.width, place.content.height) == content
    assert place.canvas == canvas


@pytest.mark.parametrize(
    ("plate", "size", "canvas", "box"),
    [
        ((1820, 1024), (910, 512), (904, 512), Box(0, 0, 1808, 1024)),
        ((1920, 1080), (910, 512), (904, 512), Box(0, 0, 1907, 1080)),
        ((640, 360), (512, 512), (512, 512), Box(140, 0, 360, 360)),
        ((512, 517), (512, 517), (512, 512), Box(0, 0, 512, 512)),
    ],
)
def test_cut_sides_are_those_of_auto1111s_latents(
    plate: tuple[int, int], size: tuple[int, int], canvas: tuple[int, int], box: Box
) -> None:
    place = cropped_frame(plate, size, cut=True)
    assert (place.canvas, place.box) == (canvas, box)
    assert place.content == Box(0, 0, *canvas)
    assert place.canvas[0] // 8 == size[0] // 8


def test_a_whole_frame_is_cut_and_what_is_cut_off_stays_plate() -> None:
    place = whole_frame((1820, 1024), 512, cut=True)
    assert place.canvas == (904, 512) and place.box == Box(0, 0, 1808, 1024)
    plate = smooth_picture(182, 102)
    small = whole_frame((182, 102), 102, cut=True)
    back = small.lay_back(small.to_canvas(small.cut(plate)), np.zeros_like(plate))
    assert (small.canvas, small.box) == ((176, 96), Box(0, 0, 176, 96))
    assert np.array_equal(back[:96, :176], plate[:96, :176]) and not back[96:].any() and not back[:, 176:].any()


def test_padding_repeats_the_edge_and_is_cut_back() -> None:
    plate = smooth_picture(160, 90)
    place = whole_frame((160, 90), 90)
    canvas = place.to_canvas(place.cut(plate))
    assert canvas.shape == (96, 160, 3)
    assert (canvas[90:] == canvas[89]).all()
    assert (place.lay_back(canvas, np.zeros_like(plate)) == plate).all()


def test_crop_and_resize_takes_the_largest_centred_part_and_leaves_the_rest() -> None:
    place = cropped_frame((640, 360), (512, 512))
    assert place.box == Box(140, 0, 360, 360)
    plate = smooth_picture(640, 360)
    back = place.lay_back(np.zeros((512, 512, 3), np.uint8), plate)
    assert (back[:, :140] == plate[:, :140]).all()
    assert (back[:, 500:] == plate[:, 500:]).all()
    assert (back[:, 140:500] == 0).all()


def test_the_blur_has_auto1111s_kernel_and_size() -> None:
    assert automatic_blur((640, 360)) == 7
    assert automatic_blur((1920, 1080)) == 20
    assert automatic_blur((4096, 2160)) == 30
    point = mask_with(Box(50, 50, 1, 1), 101, 101)
    reach = np.nonzero(blurred(mask_with(Box(0, 0, 51, 101), 101, 101), 4).max(0))[0].max()
    assert reach <= 50 + int(2.5 * 4 + 0.5)
    assert (blurred(point, 0) == point).all()


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1, 2.5, 4, 7, 10, 16.3, 30])
def test_the_blur_is_opencvs_own_to_the_bit(sigma: float) -> None:
    """It is worked out in floats, for speed."""
    noise = np.random.default_rng(7).integers(0, 256, (90, 120)).astype(np.uint8)
    noise[0, 0] = noise[-1, -1] = 255
    side = 2 * int(2.5 * sigma + 0.5) + 1
    for mask in (noise, np.where(noise > 127, np.uint8(255), np.uint8(0)), np.full_like(noise, 255)):
        assert np.array_equal(blurred(mask, sigma), cv2.GaussianBlur(mask, (side, side), sigma))


@pytest.mark.parametrize(
    ("box", "ratio", "expected"),
    [
        (Box(100, 100, 60, 40), 1.0, Box(100, 90, 60, 60)),
        (Box(100, 100, 40, 61), 1.0, Box(90, 100, 61, 61)),
        (Box(100, 100, 61, 40), 1.0, Box(100, 90, 61, 61)),
        (Box(10, 0, 60, 40), 1.0, Box(10, 0, 60, 60)),
        (Box(100, 330, 60, 30), 1.0, Box(100, 300, 60, 60)),
        (Box(0, 0, 640, 360), 1.0, Box(0, 0, 640, 360)),
        (Box(610, 100, 30, 60), 1.0, Box(580, 100, 60, 60)),
    ],
)
def test_a_box_grows_to_the_ratio_half_before_and_the_rest_behind(box: Box, ratio: float, expected: Box) -> None:
    assert grown_to_ratio(box, ratio, (640, 360)) == expected


def test_only_masked_is_the_blurred_box_padded_and_square() -> None:
    mask = mask_with(Box(300, 150, 60, 80), 640, 360)
    place = only_masked(mask, 0.0, 32, (512, 512), automatic_blur((640, 360)))
    soft = np.nonzero(blurred(mask, 7))
    left, right, top, bottom = soft[1].min(), soft[1].max() + 1, soft[0].min(), soft[0].max() + 1
    side = bottom - top + 64
    extra = side - (right - left + 64)
    assert place.box == Box(left - 32 - extra // 2, top - 32, side, side)
    assert place.content == Box(0, 0, 512, 512)


def test_a_broken_ratio_is_filled_and_not_stretched() -> None:
    mask = mask_with(Box(5, 5, 620, 340), 640, 360)
    place = only_masked(mask, 0.0, 32, (256, 256), automatic_blur((640, 360)))
    assert place.box == Box(0, 0, 640, 360)
    assert place.content == Box(0, 56, 256, 144)
    canvas = place.to_canvas(place.cut(smooth_picture(640, 360)))
    assert (canvas[:56] == canvas[56]).all()
    assert (canvas[200:] == canvas[199]).all()


@pytest.mark.parametrize("angle", [0.0, 30.0, -45.0, 90.0, 170.0])
def test_a_turned_region_comes_back_where_it_was(angle: float) -> None:
    plate = smooth_picture(640, 360)
    mask = mask_with(Box(280, 140, 70, 90), 640, 360)
    place = only_masked(mask, angle, 32, (512, 512), automatic_blur((640, 360)))
    back = place.lay_back(place.to_canvas(place.cut(plate)), np.zeros_like(plate))
    inside = mask > 0
    assert np.abs(back[inside].astype(int) - plate[inside]).mean() < 1.0
    outside = np.ones_like(inside)
    place.box.cut(outside)[:] = False
    assert (back[outside] == 0).all()


def test_a_region_turned_anticlockwise_is_seen_upright() -> None:
    """A stroke that leans 30 degrees anticlockwise from vertical stands vertical on the canvas."""
    plate = np.zeros((360, 640), np.uint8)
    along = np.linspace(-60, 60, 500)
    lean = math.radians(30)
    plate[np.round(180 - along * math.cos(lean)).astype(int), np.round(320 - along * math.sin(lean)).astype(int)] = 255
    place = only_masked(mask_with(Box(250, 110, 140, 140), 640, 360), 30.0, 32, (256, 256), 7)
    columns = np.nonzero(place.to_canvas(place.cut(plate)) > 60)[1]
    assert columns.max() - columns.min() < 8
