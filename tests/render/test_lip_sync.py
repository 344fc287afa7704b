"""Picture and sound stay together: through 60 > 30 > 60, and through chains of speed changes ten minutes long."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.frames import Picture
from pipeline.progress import Progress
from pipeline.raised import write_raised
from pipeline.recipe.final import Final
from tests.filters.clips import texture
from tests.footage import Clip, click_time, click_wav, clicks_wav, sound_packets, sound_samples, write_clip
from tests.render.conftest import Bench, tiny_recipe

RATE, COUNT, FLASH = 60, 120, 61
"""The flash begins with a frame of odd number: one that the round trip leaves out."""
TURN_OFF = ("passes.body.denoising_strength=0", "passes.face.enabled=false")
ROUND_TRIP = 'finish=[{kind="round_trip", guard=1.0}]'


def opening(number: int) -> float:
    """How far the mouth is open, in pixels: as in speech, up to some four times a second."""
    seconds = number / RATE
    return 9 + 5 * np.sin(2 * np.pi * 2.3 * seconds) + 3 * np.sin(2 * np.pi * 3.9 * seconds + 1)


def talking(number: int) -> Picture:
    """A head that sways, with a mouth that talks; from `FLASH` on a lamp is lit for a quarter of a second."""
    picture = (texture(4, (96, 128)) * 200 + 40).clip(0, 255).astype(np.uint8)
    middle = (int(16 * (64 + 4 * np.sin(number / 20))), 16 * 60)
    cv2.ellipse(picture, middle, (16 * 20, round(16 * opening(number))), 0, 0, 360, (15, 10, 10), -1, cv2.LINE_AA, 4)
    if FLASH <= number < FLASH + 15:
        picture[4:28, 4:28] = 255
    return picture


def mouths(path: Path) -> np.ndarray:
    """How far the mouth is open in each frame, in pixels: how much of the middle column is dark."""
    shot = probe(path)
    columns = [frame.pixels[30:, 56:72].astype(float).mean((1, 2)) for frame in read_frames(shot, shot.frames)]
    return np.array([(1 - (column / 80).clip(0, 1)).sum() / 2 for column in columns])


def lit(path: Path) -> int:
    """The first frame that shows the lamp."""
    shot = probe(path)
    return next(f.number for f in read_frames(shot, shot.frames) if f.pixels[10:22, 10:22].mean() > 235)


def in_step(before: np.ndarray, after: np.ndarray) -> None:
    """The curve is nowhere further off than it goes within a frame, and lies best where it is, not earlier or later."""
    step = np.abs(np.diff(before)).max()
    assert np.abs(after - before)[2:-2].max() < 0.6 + step
    lags = range(-3, 4)
    errors = [np.square(np.roll(after, lag) - before)[4:-4].mean() for lag in lags]
    assert lags[int(np.argmin(errors))] == 0


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    sound = click_wav(tmp_path / "click.wav", FLASH / RATE, COUNT / RATE)
    return write_clip(tmp_path / "plate.mp4", [talking(n) for n in range(COUNT)], Clip(Fraction(RATE), sound=sound))


@pytest.mark.slow
def test_sixty_thirty_sixty_keeps_lips_and_sound_within_a_frame(plate: Path, bench_of: Callable[[Path], Bench]) -> None:
    bench = bench_of(plate)
    plain = bench.render(tiny_recipe(*TURN_OFF), f"0-{COUNT - 1}", "plain").out.render
    again = bench.render(tiny_recipe(*TURN_OFF, ROUND_TRIP), f"0-{COUNT - 1}", "again").out.render
    assert (probe(again).rate, len(probe(again).frames)) == (Fraction(RATE), COUNT)
    assert sound_packets(again) == sound_packets(plate)
    assert abs(lit(again) - FLASH) <= 1
    assert click_time(again, FLASH / RATE) == pytest.approx(lit(again) / RATE, abs=1 / RATE)
    in_step(mouths(plain), mouths(again))


def test_a_clip_brought_to_thirty_and_back_keeps_lips_and_sound_within_a_frame(plate: Path, tmp_path: Path) -> None:
    thirty, sixty = tmp_path / "thirty.mp4", tmp_path / "sixty.mp4"
    write_raised(probe(plate), Final(rate="30"), thirty, Progress())
    write_raised(probe(thirty), Final(rate="60"), sixty, Progress())
    assert [len(probe(path).frames) for path in (thirty, sixty)] == [COUNT // 2, COUNT]
    assert sound_packets(sixty) == sound_packets(plate)
    assert abs(lit(sixty) - FLASH) <= 1
    in_step(mouths(plate), mouths(sixty))


def test_lips_that_are_late_are_found_out(plate: Path) -> None:
    true = mouths(plate)
    with pytest.raises(AssertionError):
        in_step(true, np.roll(true, 2))


LONG, SLOW_RATE, CLICKS = 600, 2, (5.0, 300.5, 595.0)
FRAME = 1 / 24


def flashes(path: Path) -> list[float]:
    """When lights go on, in seconds."""
    shot = probe(path)
    bright = np.array([frame.pixels[6:18, 6:18].mean() > 128 for frame in read_frames(shot, shot.frames)])
    return [float(at / shot.rate) for at in np.flatnonzero(bright[1:] & ~bright[:-1]) + 1]


@pytest.mark.long
def test_after_a_chain_of_speed_changes_ten_minutes_are_in_sync(tmp_path: Path) -> None:
    still = (texture(5, (64, 64)) * 120 + 20).astype(np.uint8)
    pictures = [still.copy() for _ in range(LONG * SLOW_RATE)]
    for at in (round(time * SLOW_RATE) for time in CLICKS):
        for picture in pictures[at : at + 4]:
            picture[2:22, 2:22] = 255
    sound = clicks_wav(tmp_path / "beeps.wav", CLICKS, LONG)
    path = write_clip(tmp_path / "0.mp4", pictures, Clip(Fraction(SLOW_RATE), sound=sound))
    speed = Fraction(1)
    for step, final in enumerate((Final(rate="2.5", speed=1.25), Final(rate="15/7", speed=0.8)), 1):
        source, path = probe(path), tmp_path / f"{step}.mp4"
        write_raised(source, final, path, Progress())
        speed *= final.tempo
        made = probe(path)
        heard = [click_time(path, float(time / speed), 0.3) for time in CLICKS]
        assert np.abs(np.array(heard) - np.array(CLICKS) / float(speed)).max() <= FRAME
        assert np.abs(np.array(flashes(path)) - heard).max() <= 1 / float(made.rate) + FRAME
        samples, rate = sound_samples(path)
        assert abs(len(samples) / rate - LONG / float(speed)) <= FRAME
        assert abs(len(made.frames) / float(made.rate) - LONG / float(speed)) <= 1 / float(made.rate)
    assert speed == 1
