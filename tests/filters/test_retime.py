"""Other rates and speeds: exact times, frames between, cuts, the guard, and the sound that goes along."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.filters.retime import Guard, Timeline, retimed, strayed
from pipeline.filters.stream import Moment
from pipeline.frames import FloatPicture
from pipeline.recipe.final import Final
from pipeline.sound.stretch import stretched
from tests.filters.clips import panned
from tests.footage import click_time, click_wav, sound_samples

TRUTH = panned(16, 0.8)
NO_GUARD = Guard(lambda pixels: None, 1.0)


def clip(count: int) -> Iterator[Moment]:
    """Every fifth frame of `panned`: a ground slides left and a square right; the rest is the truth between."""
    return (Moment(number, TRUTH[5 * number]) for number in range(count))


def psnr(one: FloatPicture, other: FloatPicture) -> float:
    """In the sliding ground, away from what is hidden and shown."""
    inside = np.s_[125:160, 30:-30]
    return float(-10 * np.log10(((one[inside] - other[inside]) ** 2).mean()))


@pytest.mark.parametrize(("rate", "speed", "to"), [("24", 1, "60"), ("30000/1001", 0.4, "30"), ("60", 2, "24")])
def test_ten_minutes_end_where_the_sound_ends(rate: str, speed: float, to: str) -> None:
    final, plate = Final(rate=to, speed=speed), Fraction(rate)
    timeline = Timeline(round(600 * plate), plate, final.tempo, final.rate_of(plate))
    assert abs(timeline.frames / timeline.to - timeline.seconds) <= 1 / timeline.to
    for frame in (0, timeline.frames // 3, timeline.frames - 8):
        shown = timeline.place(frame) / plate
        heard = frame / timeline.to * final.tempo
        assert shown == heard, "exactly, at any frame"


def test_a_chain_of_speed_changes_comes_back_to_the_frame() -> None:
    count, rate = 14400, Fraction(24)
    for speed in (0.5, 1.6, 0.7, 1.25, 2.0, 0.714):
        timeline = Timeline(count, rate, Final(speed=speed).tempo, rate)
        count = timeline.frames
    exact = 14400 / Fraction("0.5") / Fraction("1.6") / Fraction("0.7") / Fraction("1.25") / 2 / Fraction("0.714")
    assert abs(count - exact) <= 6 * Fraction(1, 2) * 2, "each change rounds its own end by half a frame and no more"


def test_the_same_rate_and_speed_changes_nothing() -> None:
    frames = list(clip(4))
    timeline = Timeline(4, Fraction(24), Fraction(1), Fraction(24))
    made = list(retimed(iter(frames), timeline, frozenset(), NO_GUARD))
    assert [one.number for one in made] == [0, 1, 2, 3]
    assert all((one.pixels == was.pixels).all() for one, was in zip(made, frames, strict=True))


def test_frames_between_lie_on_the_way_and_beat_blending() -> None:
    timeline = Timeline(4, Fraction(24), Fraction(1), Fraction(60))
    made = list(retimed(clip(4), timeline, frozenset(), NO_GUARD))
    assert len(made) == 10
    for frame in (1, 2, 4):
        place = float(timeline.place(frame))
        first, share = int(place), place - int(place)
        blend = (1 - share) * TRUTH[5 * first] + share * TRUTH[5 * first + 5]
        true = TRUTH[round(5 * place)]
        assert psnr(made[frame].pixels, true) > psnr(blend.astype(np.float32), true) + 10


def test_nothing_is_drawn_across_a_cut() -> None:
    dark = [Moment(number, TRUTH[0] * np.float32(0.2 if number >= 2 else 1)) for number in range(4)]
    timeline = Timeline(4, Fraction(12), Fraction(1, 2), Fraction(12))
    made = list(retimed(iter(dark), timeline, frozenset({2}), NO_GUARD))
    assert len(made) == 8
    assert all((one.pixels == dark[1].pixels).all() for one in made[2:4])
    assert (made[4].pixels == dark[2].pixels).all()


def test_a_frame_that_loses_its_expression_is_held() -> None:
    """The face of a clip does what its mean brightness says; the drawn frame is made to do something else."""
    frames = [Moment(0, np.full((32, 32, 3), 0.2, np.float32)), Moment(1, np.full((32, 32, 3), 0.6, np.float32))]
    timeline = Timeline(2, Fraction(12), Fraction(1, 2), Fraction(12))

    def honest(pixels: FloatPicture) -> np.ndarray:
        return np.array([float(pixels.mean())])

    def loses(pixels: FloatPicture) -> np.ndarray | None:
        value = float(pixels.mean())
        return np.array([0.9 if 0.25 < value < 0.55 else value])

    drawn = list(retimed(iter(frames), timeline, frozenset(), Guard(honest, 0.5)))
    held = list(retimed(iter(frames), timeline, frozenset(), Guard(loses, 0.5)))
    assert drawn[1].pixels.mean() == pytest.approx(0.4, abs=0.02)
    assert (held[1].pixels == frames[1].pixels).all()
    assert strayed(np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([0.5, 0.25]), 0.5) == pytest.approx(0.25)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_stretched_sound_keeps_its_pitch_its_length_and_its_place(speed: float, tmp_path: Path) -> None:
    tempo = Final(speed=speed).tempo
    wav = click_wav(tmp_path / "click.wav", 6.0, 8.0)
    made = stretched(wav, tempo, 8 / tempo, tmp_path / "made.flac")
    samples, rate = sound_samples(made)
    assert len(samples) == round(8 / speed * rate)
    assert click_time(made, 6 / speed) == pytest.approx(6 / speed, abs=1 / 60)
