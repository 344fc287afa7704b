"""The contract of the reader: a file works, frame for frame as the decoder counts, or is refused in a sentence."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.errors import FootageError
from tests.clip.odd import EVERY, Odd
from tests.footage import number_in, numbered

pytestmark = pytest.mark.slow


def counted(path: Path) -> int:
    """How many pictures ffmpeg decodes."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path), "-map", "0:v:0"]
    command += ["-fps_mode", "passthrough", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.findall(r"frame=\s*(\d+)", done.stderr)[-1])


def test_there_are_enough_of_them() -> None:
    assert len({odd.name for odd in EVERY}) == len(EVERY) >= 60


@pytest.mark.parametrize("odd", EVERY, ids=lambda odd: odd.name)
def test_it_works_or_says_why_not(odd: Odd, tmp_path: Path) -> None:
    path = tmp_path / odd.name
    odd.make(path)
    if odd.refused:
        with pytest.raises(FootageError) as caught:
            probe(path)
        assert odd.says in caught.value.message
        assert caught.value.message.count(".") - odd.name.count(".") == 1, "one sentence"
        assert caught.value.hint
        return
    shot = probe(path)
    assert odd.says in " ".join(shot.notes)
    frames = [frame.pixels for frame in read_frames(shot, shot.frames)]
    assert len(frames) == len(shot.frames)
    if "rate varies" not in odd.says:
        assert len(frames) == counted(path)
    assert {frame.shape for frame in frames} == {(shot.height, shot.width, 3)}
    last = shot.frames.last
    assert (read_frame(shot, last).pixels == frames[last]).all()
    if odd.upright:
        assert [number_in(frame) for frame in frames] == list(shot.frames)
        assert np.abs(frames[last] - numbered(last, shot.width, shot.height).astype(float)).mean() < odd.off
