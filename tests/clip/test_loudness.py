"""How loud each frame is: on clips whose sound is known."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.loudness import QUIETEST, envelope
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.frames import FrameRange
from tests import footage
from tests.footage import Clip

PITCH = 48000
COUNT = 30


def tones(path: Path, loud: dict[int, float], rate: Fraction, channels: int = 1) -> Path:
    """Silence, and a tone of 1 kHz at the given level (root mean square, decibels) during each given frame."""
    samples = np.zeros((round(COUNT / rate * PITCH), channels))
    for frame, level in loud.items():
        inside = slice(round(frame / rate * PITCH), round((frame + 1) / rate * PITCH))
        wave_form = np.sin(2 * np.pi * 1000 * np.arange(inside.start, inside.stop) / PITCH)
        samples[inside] = (np.sqrt(2) * 10 ** (level / 20) * wave_form)[:, None]
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, PITCH, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def shot(folder: Path, sound: Path | None, rate: Fraction, codec: str = "pcm_s16le", suffix: str = ".mov") -> Shot:
    settings = Clip(rate=rate, sound=sound, sound_codec=codec)
    return probe(footage.clip(folder / f"clip{suffix}", COUNT, settings=settings))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_frame_has_the_level_of_its_own_sound(tmp_path: Path, rate: Fraction, channels: int) -> None:
    loud = {3: -20.0, 4: -6.0, 17: -35.0}
    sounding = shot(tmp_path, tones(tmp_path / "tones.wav", loud, rate, channels), rate)
    levels = envelope(sounding, sounding.frames)
    assert levels is not None
    assert levels.shape == (COUNT,)
    for frame in range(COUNT):
        assert levels[frame] == pytest.approx(loud.get(frame, QUIETEST), abs=0.2), frame


def test_a_part_of_the_shot_has_the_same_levels(tmp_path: Path) -> None:
    rate = Fraction(24)
    sounding = shot(tmp_path, tones(tmp_path / "tones.wav", {12: -10.0, 15: -25.0}, rate), rate)
    whole, part = envelope(sounding, sounding.frames), envelope(sounding, FrameRange(11, 20))
    assert whole is not None and part is not None
    assert np.array_equal(part, whole[11:21])


def test_a_compressed_soundtrack_keeps_its_place(tmp_path: Path) -> None:
    rate = Fraction(25)
    sounding = shot(tmp_path, tones(tmp_path / "tones.wav", {9: -8.0}, rate), rate, "aac", ".mp4")
    levels = envelope(sounding, sounding.frames)
    assert levels is not None
    assert int(np.argmax(levels)) == 9
    assert levels[9] == pytest.approx(-8, abs=1)
    assert max(levels[:8].max(), levels[11:].max()) < -35


def test_the_click_of_the_sample_shot_is_in_its_frame(interview: Path) -> None:
    """The click's 4 ms at the start of frame 36, after speech has died down."""
    levels = envelope(probe(interview), FrameRange(30, 42))
    assert levels is not None
    assert int(np.argmax(levels)) + 30 == 36


def test_a_silent_clip_has_no_envelope(tmp_path: Path) -> None:
    silent = shot(tmp_path, None, Fraction(24))
    assert envelope(silent, silent.frames) is None


def test_sound_that_ends_early_leaves_silence(tmp_path: Path) -> None:
    click = footage.click_wav(tmp_path / "short.wav", 0.1, 0.5)
    sounding = shot(tmp_path, click, Fraction(24))
    levels = envelope(sounding, sounding.frames)
    assert levels is not None
    assert len(levels) == COUNT
    assert (levels[12:] == QUIETEST).all()
