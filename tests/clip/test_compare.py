"""The side-by-side movie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from pipeline.clip.compare import comparing, label
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import OutputError
from pipeline.frames import FrameRange, Picture
from tests.footage import Clip, click_wav, clip, number_in, numbered_pictures, sound_packets


def write_before_after(
    path: Path, before: Iterable[Picture], after: Iterable[Picture], shot: Shot, sound: FrameRange | None
) -> None:
    """All frames of both at once."""
    with comparing(path, shot, sound) as comparison:
        for left, right in zip(before, after, strict=True):
            comparison.show(left, right)


def _reversed(count: int, width: int, height: int) -> list[Picture]:
    return numbered_pictures(count, width, height)[::-1]


@pytest.mark.parametrize(("width", "height"), [(320, 180), (321, 181)])
def test_both_halves_rate_and_sound(tmp_path: Path, width: int, height: int) -> None:
    wav = click_wav(tmp_path / "click.wav", 0.2, 0.5)
    shot = probe(clip(tmp_path / "plate.mp4", 12, settings=Clip(sound=wav)))
    before, after = numbered_pictures(12, width, height), _reversed(12, width, height)
    write_before_after(tmp_path / "both.mp4", before, after, shot, shot.frames)
    both = probe(tmp_path / "both.mp4")
    assert (both.width, both.height) == (2 * width + 2, height + height % 2)
    assert (both.frames, both.rate, both.colour_space) == (FrameRange(0, 11), 24, "bt709")
    assert sound_packets(tmp_path / "both.mp4") == sound_packets(shot.plate)
    for frame in read_frames(both, both.frames):
        assert number_in(frame.pixels[:height, :width]) == frame.number
        assert number_in(frame.pixels[:height, width + 2 :]) == 11 - frame.number
        assert frame.pixels[:height, width : width + 2].mean() > 200


def test_the_labels_are_readable_and_in_the_corner(tmp_path: Path) -> None:
    grey = [np.full((180, 320, 3), 128, np.uint8)] * 2
    shot = probe(clip(tmp_path / "plate.mp4", 2))
    write_before_after(tmp_path / "both.mp4", grey, grey, shot, None)
    picture = next(iter(read_frames(probe(tmp_path / "both.mp4"), FrameRange(0, 0)))).pixels
    for left, word in ((0, "before"), (322, "after")):
        tag = label(word, 180)
        corner = picture[180 - tag.shape[0] - tag.shape[0] // 4 :, left + tag.shape[0] // 4 :]
        corner = corner[: tag.shape[0], : tag.shape[1]].mean(axis=2)
        assert np.corrcoef(corner.ravel(), tag.mean(axis=2).ravel())[0, 1] > 0.95
        assert np.abs(picture[:120, left + 4 : left + 300].astype(int) - 128).max() <= 2


def test_sides_of_different_shape_or_none_at_all(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "plate.mp4", 4))
    with pytest.raises(OutputError, match="differ in shape"):
        write_before_after(tmp_path / "a.mp4", numbered_pictures(4), numbered_pictures(4, 64, 64), shot, None)
    with pytest.raises(OutputError, match="no frames"):
        write_before_after(tmp_path / "a.mp4", [], [], shot, None)
    assert not (tmp_path / "a.mp4").exists()


def test_a_larger_after_is_shown_at_the_size_of_the_plate(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "plate.mp4", 2))
    write_before_after(tmp_path / "b.mp4", numbered_pictures(2), numbered_pictures(2, 256, 192), shot, None)
    assert probe(tmp_path / "b.mp4").width == 2 * 128 + 2
