"""Hardware encoders: tried before they are used, and never needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.clip import hardware
from pipeline.clip.encoder import Delivery, Soundtrack, encode
from pipeline.clip.hardware import ENCODERS, hardware_codec, works
from pipeline.clip.probe import probe
from tests.footage import numbered_pictures


def test_a_trial_tells_what_works_from_what_does_not() -> None:
    assert works("libx264", 256, 128)
    assert works("h263", 128, 96) and not works("h263", 130, 96), "the very size is tried"
    assert not works("h264_of_nobody", 256, 128)


def test_the_first_encoder_that_works_is_taken_with_its_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "ENCODERS", {"h264_of_nobody": "-x {crf}", "libx264": "-crf {crf}"})
    assert hardware_codec(256, 128, 14) == ("-c:v", "libx264", "-crf", "14")
    monkeypatch.setattr(hardware, "ENCODERS", {"h264_of_nobody": "-x {crf}"})
    assert hardware_codec(256, 128, 14) is None


def test_a_movie_comes_out_whether_there_is_hardware_or_not(tmp_path: Path) -> None:
    pictures = list(numbered_pictures(6))
    for name, wanted in (("hard", True), ("soft", False)):
        delivery = Delivery(Fraction(24), Fraction(1), 14, hardware=wanted)
        encode(tmp_path / f"{name}.mp4", pictures, delivery, Soundtrack())
        assert len(probe(tmp_path / f"{name}.mp4").frames) == 6
    height, width = pictures[0].shape[:2]
    if not any(works(name, width, height) for name in ENCODERS):
        assert (tmp_path / "hard.mp4").read_bytes() == (tmp_path / "soft.mp4").read_bytes()
