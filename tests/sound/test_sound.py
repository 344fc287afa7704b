from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.recipe.sound import Sound
from pipeline.sound.loudness import loudness_of
from pipeline.sound.mix import make_soundtrack
from pipeline.sound.stems import split
from tests.footage import Clip, click_time, click_wav, clip, sound_samples

RATE = 48000


def write_wav(path: Path, samples: NDArray[np.floating]) -> Path:
    """16-bit PCM at 48 kHz from [channels, n], -1..1."""
    with wave.open(str(path), "wb") as file:
        file.setparams((len(samples), 2, RATE, 0, "NONE", ""))
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return path


def tone(hertz: float, seconds: float, level: float = 0.25) -> NDArray[np.float64]:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    """Two seconds with a click at 0.5 s."""
    sound = click_wav(tmp_path / "click.wav", 0.5, 2.0)
    return probe(clip(tmp_path / "plate.mp4", 48, 64, 64, Clip(sound=sound)))


def test_a_reference_takes_the_place_of_the_plates_sound_and_is_in_sync(shot: Shot, tmp_path: Path) -> None:
    reference = click_wav(tmp_path / "reference.wav", 1.0, 5.0)
    settings = Sound(source="reference", reference=str(reference), offset=0.25)
    made = make_soundtrack(shot, shot.frames, settings, tmp_path)
    samples, rate = sound_samples(made)
    assert (rate, len(samples)) == (RATE, 2 * RATE)
    assert click_time(made, 1.25) == pytest.approx(1.25, abs=0.002)
    assert np.abs(samples[: round(1.2 * RATE)]).max() < 0.001


def test_an_earlier_reference_loses_its_start(shot: Shot, tmp_path: Path) -> None:
    reference = click_wav(tmp_path / "reference.wav", 1.0, 5.0)
    settings = Sound(source="reference", reference=str(reference), offset=-0.4)
    assert click_time(make_soundtrack(shot, shot.frames, settings, tmp_path), 0.6) == pytest.approx(0.6, abs=0.002)


def test_both_are_heard_where_both_are_asked_for(shot: Shot, tmp_path: Path) -> None:
    reference = click_wav(tmp_path / "reference.wav", 1.5, 2.0)
    settings = Sound(source="both", reference=str(reference), reference_gain=-6)
    made = make_soundtrack(shot, shot.frames, settings, tmp_path)
    assert click_time(made, 0.5) == pytest.approx(0.5, abs=0.004)
    assert click_time(made, 1.5) == pytest.approx(1.5, abs=0.004)
    samples = np.abs(sound_samples(made)[0])
    assert samples[RATE:].max() / samples[:RATE].max() == pytest.approx(0.5, abs=0.1)


def test_a_part_of_the_shot_has_the_sound_of_that_part(shot: Shot, tmp_path: Path) -> None:
    made = make_soundtrack(shot, FrameRange(6, 29), Sound(plate_gain=-3), tmp_path)
    assert len(sound_samples(made)[0]) == RATE
    assert click_time(made, 0.25) == pytest.approx(0.25, abs=0.004)


@pytest.mark.parametrize("wanted", [-23.0, -16.0])
def test_loudness_is_what_was_asked_for(wanted: float, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "tone.wav", np.stack([tone(440, 6, 0.05)] * 2))
    shot = probe(clip(tmp_path / "plate.mp4", 144, 64, 64, Clip(sound=sound)))
    reached = loudness_of(make_soundtrack(shot, shot.frames, Sound(loudness=wanted), tmp_path))
    assert reached.integrated == pytest.approx(wanted, abs=0.5)
    assert reached.true_peak <= -0.9


def test_silence_stays_silence(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "silence.wav", np.zeros((2, 2 * RATE)))
    shot = probe(clip(tmp_path / "plate.mp4", 24, 64, 64, Clip(sound=sound)))
    made = make_soundtrack(shot, shot.frames, Sound(loudness=-23), tmp_path)
    assert np.abs(sound_samples(made)[0]).max() == 0


def stereo(path: Path) -> NDArray[np.float64]:
    import av

    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1, 2).T for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1) / 2**31


def share_of(samples: NDArray[np.float64], hertz: float) -> float:
    """The amplitude of a tone in the middle of a recording."""
    part = samples[RATE : 3 * RATE]
    return float(2 * np.abs(np.exp(-2j * np.pi * hertz * np.arange(len(part)) / RATE) @ part) / len(part))


def test_stems_tell_the_middle_from_the_sides_and_add_up(tmp_path: Path) -> None:
    voice, left, right = tone(500, 4), tone(1500, 4), tone(2500, 4)
    sound = write_wav(tmp_path / "film.wav", np.stack([voice + left, voice + right]))
    split(sound, tmp_path / "voice.flac", tmp_path / "background.flac")
    middle, sides = stereo(tmp_path / "voice.flac"), stereo(tmp_path / "background.flac")
    assert share_of(middle[0], 500) > 0.23
    assert share_of(sides[0], 500) < 0.02
    assert share_of(sides[0], 1500) > 0.23
    assert share_of(middle[0], 1500) < 0.02
    whole = np.stack([voice + left, voice + right])
    assert np.abs((middle + sides)[:, : whole.shape[1]] - whole).max() < 0.001


def test_one_stem_alone_can_be_heard(shot: Shot, tmp_path: Path) -> None:
    reference = write_wav(tmp_path / "film.wav", np.stack([tone(500, 4) + tone(1500, 4), tone(500, 4)]))
    settings = Sound(source="reference", reference=str(reference), part="background")
    samples = sound_samples(make_soundtrack(shot, shot.frames, settings, tmp_path))[0]
    spectrum = np.abs(np.fft.rfft(samples[: 2 * RATE]))
    assert spectrum[3000] > 5 * spectrum[1000]


def test_mono_has_no_stems_and_that_is_said(shot: Shot, tmp_path: Path) -> None:
    settings = Sound(source="reference", reference=str(click_wav(tmp_path / "m.wav", 0.1, 1.0)), part="voice")
    with pytest.raises(FootageError, match="mono"):
        make_soundtrack(shot, shot.frames, settings, tmp_path)


@pytest.mark.parametrize("kind", ["missing", "letter"])
def test_a_reference_that_is_no_sound_is_named(kind: str, shot: Shot, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.wav"
    if kind == "letter":
        path.write_text("Dear studio")
    with pytest.raises(FootageError, match=kind):
        make_soundtrack(shot, shot.frames, Sound(source="reference", reference=str(path)), tmp_path)


def test_a_silent_plate_has_nothing_to_level(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "plate.mp4", 12, 64, 64))
    with pytest.raises(FootageError, match="no sound"):
        make_soundtrack(shot, shot.frames, Sound(loudness=-23), tmp_path)


def test_a_reference_must_be_named() -> None:
    with pytest.raises(ValidationError, match="reference"):
        Sound(source="both")
    assert Sound().untouched
    assert not Sound(loudness=-23).untouched
