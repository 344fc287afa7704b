from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frames
from pipeline.clip.stacked import tile_size, write_stacked
from pipeline.errors import OutputError
from pipeline.frames import FrameRange
from tests.footage import clip, number_in, numbered_pictures


def test_every_picture_holds_the_same_frame_of_all_clips(tmp_path: Path) -> None:
    shot, movie = probe(clip(tmp_path / "plate.mp4", 30, 160, 90)), tmp_path / "stacked.mp4"
    pictures = numbered_pictures(30, 160, 90)
    write_stacked(movie, (pictures, [np.bitwise_not(p) for p in pictures], pictures), shot, shot.frames)
    made = probe(movie)
    width, height = tile_size(160, 90)
    assert (made.width, made.height, made.rate) == (width, 3 * height, shot.rate)
    for frame in read_frames(made, made.frames):
        tiles = [frame.pixels[at : at + height] for at in (0, height, 2 * height)]
        assert [number_in(tiles[0]), number_in(np.bitwise_not(tiles[1])), number_in(tiles[2])] == [frame.number] * 3


def test_a_browser_finds_a_whole_picture_nearby(tmp_path: Path) -> None:
    shot, movie = probe(clip(tmp_path / "plate.mp4", 40, 64, 64)), tmp_path / "stacked.mp4"
    write_stacked(movie, (numbered_pictures(40, 64, 64),), shot, shot.frames)
    with av.open(movie) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(b - a for a, b in zip(keys, [*keys[1:], 40], strict=True)) <= 12
    times = [packet.pts for packet in packets if packet.pts is not None]
    assert len(times) == 40
    assert times == sorted(times)


def test_large_pictures_are_made_smaller_and_even() -> None:
    assert tile_size(1920, 1080) == (1280, 720)
    assert tile_size(641, 361) == (640, 360)


def test_clips_of_different_length_are_refused(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "plate.mp4", 6, 64, 64))
    with pytest.raises(OutputError, match="length"):
        write_stacked(
            tmp_path / "stacked.mp4",
            (numbered_pictures(6, 64, 64), numbered_pictures(5, 64, 64)),
            shot,
            FrameRange(0, 5),
        )
