"""Carried noise: the table of origins, and what the engine reads through it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.engine.batch import CarriedNoise, Noise
from pipeline.engine.noise import START, read
from pipeline.frames import Flow
from pipeline.motion.noise import PERIOD, Carrier, carried, lives
from tests.motion.scenes import uniform

GRID = (40, 56)
NOISE = Noise("fixed", seed=3, pass_name="body")


Step = Callable[[int], Flow]


def steady_pan(speed: tuple[float, float]) -> Step:
    return lambda frame: uniform(frame, frame + 1, speed, GRID)


def zooming(frame: int) -> Flow:
    """A push-in: everything moves away from the middle by 6 % a frame, so numbers must be added everywhere."""
    rows, columns = np.indices(GRID, dtype=np.float32)
    vectors = 0.06 * np.stack((columns - GRID[1] / 2, rows - GRID[0] / 2), axis=-1)
    x, y = columns + vectors[..., 0], rows + vectors[..., 1]
    return Flow(frame, frame + 1, vectors, (x >= 0) & (y >= 0) & (x <= GRID[1] - 1) & (y <= GRID[0] - 1))


def noise_at(frame: int, step: Step, channels: int = 4) -> np.ndarray:
    """The noise of one frame of a set-up that begins with frame 0: float32 [channels, h, w]."""
    older, newer = lives(frame, 0)
    origins = np.stack([carried(life.start, frame, GRID, step) for life in (older, newer)])[None]
    table = CarriedNoise(origins, ((older.carrier, newer.carrier),), ((older.share, newer.share),))
    return read(NOISE, START, table, channels)[0].numpy()


@pytest.mark.parametrize("step", [zooming, steady_pan((0.3, -0.2))], ids=["push-in", "pan"])
def test_no_number_is_held_twice(step: Step) -> None:
    origins = carried(0, 24, GRID, step)
    assert len(np.unique(origins.reshape(-1, 3), axis=0)) == GRID[0] * GRID[1]
    assert (origins[..., 0] < 24).any() and (origins[..., 0] > 0).any()


@pytest.mark.parametrize("step", [zooming, steady_pan((0.3, -0.2))], ids=["push-in", "pan"])
@pytest.mark.parametrize("frame", [0, 5, 16, 27])
def test_carried_noise_is_white_and_of_variance_one(step: Step, frame: int) -> None:
    noise = noise_at(frame, step, channels=16)
    count = noise.size
    assert abs(noise.mean()) < 4 / np.sqrt(count)
    assert abs(noise.std() - 1) < 4 / np.sqrt(2 * count)
    for axis, shift in ((1, 1), (2, 1), (1, 2), (2, 2)):
        neighbours = float((noise * np.roll(noise, shift, axis)).mean())
        assert abs(neighbours) < 4 / np.sqrt(count), "neighbouring cells know nothing of each other"
    assert abs(float((noise[0] * noise[1]).mean())) < 4 / np.sqrt(noise[0].size)


def test_it_follows_the_motion() -> None:
    """By three and a half cells in seven frames: half a cell a frame is not rounded away."""
    step = steady_pan((0.5, 0.0))
    first, later = noise_at(20, step), noise_at(26, step)
    along = [float((first[:, :, : -4 - 3] * later[:, :, shift : shift - 4 - 3 or None]).mean()) for shift in range(6)]
    assert int(np.argmax(along)) == 3 and along[3] > 0.6 and max(along[:2]) < 0.15


def test_from_frame_to_frame_it_hardly_changes_even_where_a_carrier_starts() -> None:
    still = steady_pan((0.0, 0.0))
    for frame in (PERIOD - 1, PERIOD, 2 * PERIOD - 1, 2 * PERIOD):
        now, following = noise_at(frame, still), noise_at(frame + 1, still)
        assert float((now * following).mean()) > 0.97


def test_the_carriers_of_a_frame_stand_on_an_absolute_grid() -> None:
    assert [(life.carrier, life.start) for life in lives(37, 0)] == [(1, 16), (2, 32)]
    assert [(life.carrier, life.start) for life in lives(37, 33)] == [(1, 33), (2, 33)], "none before the set-up"
    assert [life.share for life in lives(PERIOD, 0)] == [1.0, 0.0]
    for frame in range(40):
        assert abs(sum(life.share**2 for life in lives(frame, 0)) - 1) < 1e-12


def test_where_something_was_hidden_new_noise_begins() -> None:
    flow = uniform(0, 1, (0, 0), GRID)
    flow.seen[10:20, 10:20] = False
    origins = Carrier.fresh(0, *GRID).moved(flow).origins
    assert (origins[10:20, 10:20, 0] == 1).all() and (origins[..., 0] == 1).sum() == 100
