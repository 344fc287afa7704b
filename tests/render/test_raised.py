"""A clip raised to another rate, to be rendered from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import cli
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from tests.footage import Clip, click_time, click_wav, clip, number_in, sound_packets


def test_a_clip_at_sixty_and_in_slow_motion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = click_wav(tmp_path / "click.wav", 0.5, 1.0)
    plate = clip(tmp_path / "plate.mp4", 24, 128, 96, Clip(sound=sound))
    assert cli.main(["retime", str(plate), str(tmp_path / "sixty.mp4"), "--rate", "60"]) == 0
    sixty = probe(tmp_path / "sixty.mp4")
    assert (sixty.rate, len(sixty.frames)) == (Fraction(60), 60)
    assert sound_packets(tmp_path / "sixty.mp4") == sound_packets(plate)
    numbers = [number_in(frame.pixels) for frame in read_frames(sixty, sixty.frames)]
    assert numbers[::5] == [2 * at for at in range(12)]
    assert cli.main(["retime", str(plate), str(tmp_path / "slow.mp4"), "--speed", "0.5"]) == 0
    assert len(probe(tmp_path / "slow.mp4").frames) == 48
    assert click_time(tmp_path / "slow.mp4", 1.0) == pytest.approx(1.0, abs=1 / 24)
    assert cli.main(["retime", str(plate), str(tmp_path / "no.mp4"), "--speed", "9"]) != 0
    assert "speed" in capsys.readouterr().err
