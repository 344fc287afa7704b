"""Layers: soft edges, premultiplied colour, and the over of Porter and Duff."""

import numpy as np

from pipeline.composite.layer import box_alpha, edge, make_layer, straight_rgba
from pipeline.composite.over import blended, over
from pipeline.frames import Box


def square(side: int = 40) -> np.ndarray:
    mask = np.zeros((100, 100), np.uint8)
    mask[30 : 30 + side, 30 : 30 + side] = 255
    return mask


def flat(value: int) -> np.ndarray:
    return np.full((100, 100, 3), value, np.uint8)


def test_no_layer_leaves_the_plate_alone() -> None:
    plate = np.random.default_rng(1).integers(0, 256, (100, 100, 3), np.uint8)
    assert (over(plate, []) == plate).all()


def test_an_opaque_layer_covers_and_a_clear_one_does_not() -> None:
    covered = over(flat(10), [make_layer(0, "body", flat(200), box_alpha(Box(0, 0, 50, 100), 100, 100))])
    assert (covered[:, :50] == 200).all()
    assert (covered[:, 50:] == 10).all()


def test_half_alpha_is_half_of_each() -> None:
    layer = make_layer(0, "face", flat(200), np.full((100, 100), 0.5, np.float32))
    assert (over(flat(100), [layer]) == 150).all()


def test_layers_lie_in_order() -> None:
    whole = np.ones((100, 100), np.float32)
    layers = [make_layer(0, "a", flat(50), whole), make_layer(0, "b", flat(90), whole)]
    assert (over(flat(0), layers) == 90).all()


def test_feather_softens_without_moving_the_edge() -> None:
    soft = edge(square(), 0, 5)
    assert soft.max() <= 1
    assert abs(soft[50, 29:31].mean() - 0.5) < 0.05
    assert soft[50, 50] > 0.99
    assert (edge(square(), 0, 0) == square() / 255).all()


def test_erode_shrinks_and_negative_erode_grows() -> None:
    assert edge(square(), 3, 0).sum() == 34 * 34
    grown = edge(square(), -3, 0)
    assert grown[50, 27] == 1
    assert grown[50, 26] == 0


def test_a_kept_layer_gives_the_same_picture_again() -> None:
    """The PNG beside the render, laid over the layer below it by any other program, gives the delivered frame."""
    picture = np.random.default_rng(2).integers(0, 256, (100, 100, 3), np.uint8)
    layer = make_layer(0, "face", picture, edge(square(), 0, 5))
    kept = straight_rgba(layer).astype(np.float32) / 255
    again = np.round((kept[..., :3] * kept[..., 3:] + (1 - kept[..., 3:]) * (80 / 255)) * 255)
    assert np.abs(again - over(flat(80), [layer])).max() <= 1


def test_an_opaque_layer_is_the_same_to_the_bit_as_by_the_formula() -> None:
    """Where nothing shows through, multiplying and dividing by alpha are left out."""
    generator = np.random.default_rng(4)
    plate, picture = (generator.integers(0, 256, (60, 80, 3), np.uint8) for _ in range(2))
    alpha = box_alpha(Box(8, 4, 50, 40), 80, 60)
    layer = make_layer(0, "body", picture, alpha)
    spread = np.repeat(alpha[..., None], 3, axis=2)
    assert (layer.pixels == picture / np.float32(255) * spread).all()
    below = plate / np.float32(255) * (np.float32(1) - spread) + layer.pixels
    assert (blended(plate, [layer]) == below).all()
    kept = straight_rgba(layer)
    assert (kept[4:44, 8:58, :3] == picture[4:44, 8:58]).all() and (kept[..., 3] == 255 * alpha).all()
    assert not kept[alpha == 0].any()
