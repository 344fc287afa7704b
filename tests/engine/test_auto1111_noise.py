"""Auto1111's noise: the generator against the values its authors and Auto1111 publish, and the order of the draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.engine.batch import Noise
from pipeline.engine.noise import START, draw
from pipeline.engine.philox import mixed, philox_normal

SHAPE = (4, 8, 8)
CPU = Noise("fixed", seed=7, pass_name="body", source="cpu")
GPU = replace(CPU, source="gpu")


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ],
)
def test_the_mixing_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    a, b, c, d = (np.array([word], np.uint32) for word in counter)
    words = mixed((a, b, c, d), (np.uint32(key[0]), np.uint32(key[1])))
    assert tuple(int(word[0]) for word in words) == expected


def test_the_numbers_are_those_that_auto1111_publishes() -> None:
    published = (
        "-0.92466259 -0.42534415 -2.6438457 0.14518388 -0.12086647 -0.57972564 "
        "-0.62285122 -0.32838709 -1.07454231 -0.36314407 -1.67105067 2.26550497"
    )
    assert philox_normal(0, 0, 12) == pytest.approx([float(value) for value in published.split()], abs=2e-7)


def test_the_numbers_are_standard_normal_and_differ_by_seed_and_draw() -> None:
    numbers = philox_normal(2**32 - 1, 3, 100_000)
    assert abs(numbers.mean()) < 0.01 and abs(numbers.std() - 1) < 0.01
    others = philox_normal(2**32 - 1, 4, 100_000), philox_normal(5, 3, 100_000)
    assert all(abs(np.corrcoef(numbers, other)[0, 1]) < 0.02 for other in others)


def test_a_seed_is_drawn_from_once_to_start_and_once_a_step() -> None:
    generator = torch.Generator().manual_seed(7)
    expected = [torch.randn(SHAPE, generator=generator) for _ in range(3)]
    found = [draw(CPU, moment, (0, 1), SHAPE) for moment in (START, 0, 1)]
    assert all(torch.equal(one[frame], other) for one, other in zip(found, expected, strict=True) for frame in (0, 1))
    flat = [draw(GPU, moment, (3,), SHAPE).flatten().numpy() for moment in (START, 0, 1)]
    assert all(np.array_equal(one, philox_normal(7, place, 256)) for place, one in enumerate(flat))


def test_a_seed_delta_changes_the_steps_and_not_the_start() -> None:
    moved = replace(GPU, seed_delta=31337)
    assert torch.equal(draw(moved, START, (0,), SHAPE), draw(GPU, START, (0,), SHAPE))
    other = replace(GPU, seed=7 + 31337)
    assert torch.equal(draw(moved, 0, (0,), SHAPE), draw(other, START, (0,), SHAPE))
    assert torch.equal(draw(moved, 1, (0,), SHAPE), draw(other, 0, (0,), SHAPE))


def test_new_noise_for_each_frame_is_that_of_a_batch() -> None:
    frames = draw(replace(GPU, mode="per_frame"), START, (0, 5), SHAPE)
    assert torch.equal(frames[0], draw(GPU, START, (0,), SHAPE)[0])
    assert torch.equal(frames[1], draw(replace(GPU, seed=12), START, (0,), SHAPE)[0])
