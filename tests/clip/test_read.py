"""Frame n is the same picture whichever way it is reached, in colour and the right way up."""

from __future__ import annotations

import gc
import weakref
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError
from pipeline.frames import FrameRange, Picture
from tests.footage import (
    H264,
    Clip,
    bars,
    clip,
    ffmpeg,
    number_in,
    numbered,
    remux,
    uneven,
    write_clip,
)

OPEN_GOP = Clip(codec=["-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-g", "9", "-pix_fmt", "yuv420p"])
HEVC = Clip(codec=["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=12:bframes=3"])
H264_AVI = Clip(codec=[*H264, "-g", "12"])


def _numbers(shot: Shot, frames: FrameRange) -> list[int]:
    return [number_in(frame.pixels) for frame in read_frames(shot, frames)]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("long-gop.mp4", Clip(codec=[*H264, "-g", "16"])),
        ("open-gop.ts", OPEN_GOP),
        ("open-gop.mp4", Clip(codec=[*H264, "-g", "12", "-x264-params", "open-gop=1"])),
        ("hevc.mkv", HEVC),
        ("h264.avi", H264_AVI),
    ],
)
def test_every_frame_alone_equals_the_sequential_read(tmp_path: Path, name: str, settings: Clip) -> None:
    shot = probe(clip(tmp_path / name, 40, settings=settings))
    sequence = list(read_frames(shot, shot.frames))
    assert [frame.number for frame in sequence] == list(range(40))
    assert [number_in(frame.pixels) for frame in sequence] == list(range(40))
    for frame in sequence:
        assert np.array_equal(read_frame(shot, frame.number).pixels, frame.pixels)


def test_a_range_from_the_middle(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "a.mp4", 60))
    assert _numbers(shot, FrameRange(37, 58)) == list(range(37, 59))


def test_a_clip_that_does_not_start_at_zero(tmp_path: Path) -> None:
    late = remux(clip(tmp_path / "a.mp4", 30), tmp_path / "late.ts", after=["-output_ts_offset", "12.3"])
    shot = probe(late)
    assert _numbers(shot, shot.frames) == list(range(30))
    assert _numbers(shot, FrameRange(17, 17)) == [17]


def test_a_clip_that_was_cut_without_encoding_hides_what_was_cut(tmp_path: Path) -> None:
    whole, cut = clip(tmp_path / "whole.mp4", 60), tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.7", "-i", str(whole), "-c", "copy", str(cut))
    shot = probe(cut)
    assert _numbers(shot, shot.frames) == list(range(17, 60))
    assert number_in(read_frame(shot, 5).pixels) == 22


def test_a_variable_rate_shows_what_was_on_screen(tmp_path: Path) -> None:
    times = [0, 40, 80, 200, 240, 280, 480, 520, 560, 600]
    shot = probe(uneven(tmp_path / "uneven.mkv", times))
    assert shot.rate == 25
    expected = [max(k for k, time in enumerate(times) if time <= 40 * number) for number in range(16)]
    assert _numbers(shot, shot.frames)[:16] == expected
    for number in shot.frames:
        assert np.array_equal(read_frame(shot, number).pixels, list(read_frames(shot, shot.frames))[number].pixels)


@pytest.mark.parametrize(("turn", "quarters"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_clip_is_read_upright(tmp_path: Path, turn: int, quarters: int) -> None:
    flat = clip(tmp_path / "flat.mp4", 4)
    turned = probe(remux(flat, tmp_path / "turned.mp4", ["-display_rotation", str(turn)]))
    expected = np.rot90(read_frame(probe(flat), 2).pixels, quarters)
    assert np.array_equal(read_frame(turned, 2).pixels, expected)


def test_a_mirrored_clip_is_read_as_shown(tmp_path: Path) -> None:
    flat = clip(tmp_path / "flat.mp4", 4)
    mirrored = probe(remux(flat, tmp_path / "mirrored.mp4", ["-display_hflip"]))
    assert np.array_equal(read_frame(mirrored, 1).pixels, read_frame(probe(flat), 1).pixels[:, ::-1])


@pytest.mark.parametrize(("width", "height"), [(96, 128), (97, 131)])
def test_portrait_and_odd_sizes(tmp_path: Path, width: int, height: int) -> None:
    shot = probe(clip(tmp_path / "a.mp4", 5, width, height, Clip(codec=[*H264, "-pix_fmt", "yuv444p"])))
    frames = list(read_frames(shot, shot.frames))
    assert {frame.pixels.shape for frame in frames} == {(height, width, 3)}
    assert [number_in(frame.pixels) for frame in frames] == list(range(5))


def test_one_frame(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "one.mp4", 1))
    assert _numbers(shot, shot.frames) == [0]


@pytest.mark.parametrize(
    ("name", "codec", "tolerance"),
    [
        ("rle.mov", ["-c:v", "qtrle", "-pix_fmt", "argb"], 1),
        ("png.mov", ["-c:v", "png", "-pix_fmt", "rgba"], 1),
        ("prores.mov", ["-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le", "-qscale:v", "1"], 4),
    ],
)
def test_transparency_is_laid_over_black(tmp_path: Path, name: str, codec: list[str], tolerance: int) -> None:
    alpha = np.repeat(np.array([0, 128, 255, 64], np.uint8), 32)
    colour = np.broadcast_to(np.array([200, 120, 60], np.uint8), (96, 128, 3))
    picture = np.dstack([colour, np.broadcast_to(alpha, (96, 128))])
    shot = probe(write_clip(tmp_path / name, [picture] * 2, Clip(codec=codec, filters="")))
    expected = np.rint(colour * (alpha[None, :, None] / 255.0))
    centres = (slice(None), [16, 48, 80, 112])
    difference = np.abs(read_frame(shot, 1).pixels[centres].astype(int) - expected[centres])
    assert difference.max() <= tolerance


def _yuv(matrix: str, limits: str, layout: str) -> Clip:
    convert = f"scale=out_color_matrix={matrix}:out_range={limits}:flags=accurate_rnd+full_chroma_int+bitexact"
    tags = ["-colorspace", {"bt601": "smpte170m"}.get(matrix, matrix), "-color_range", limits]
    return Clip(codec=["-c:v", "ffv1", "-pix_fmt", layout, *tags], filters=convert)


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("limits", ["tv", "pc"])
@pytest.mark.parametrize("layout", ["yuv444p", "yuv422p10le"])
def test_matrix_and_range_are_honoured(tmp_path: Path, matrix: str, limits: str, layout: str) -> None:
    shot = probe(write_clip(tmp_path / "bars.mkv", [bars()], _yuv(matrix, limits, layout)))
    assert shot.colour_space == matrix
    difference = np.abs(read_frame(shot, 0).pixels.astype(int) - bars())[:, 16::32]
    assert difference.max() <= 3


def test_frames_outside_the_shot(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "a.mp4", 8))
    with pytest.raises(FootageError, match=r"a\.mp4 has no frames 4-8\.") as error:
        read_frames(shot, FrameRange(4, 8))
    assert error.value.hint == "It has frames 0-7."


def test_a_break_in_the_middle_names_the_frame(tmp_path: Path) -> None:
    whole = clip(tmp_path / "whole.mp4", 48, settings=Clip(codec=[*H264, "-g", "8", "-bf", "0"]))
    data = bytearray(whole.read_bytes())
    start = data.find(b"mdat")
    middle = start + (data.find(b"moov") - start) // 2
    data[middle : middle + 300] = bytes(300)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    shot, seen = probe(broken), []
    with pytest.raises(FootageError, match=r"Frame \d+ of broken\.mp4 cannot be read") as error:
        seen.extend(frame.number for frame in read_frames(shot, shot.frames))
    assert seen == list(range(len(seen)))
    assert 8 < len(seen) < 40
    assert f"Frame {len(seen)} " in error.value.message
    assert number_in(read_frame(shot, seen[-1]).pixels) == seen[-1]
    assert number_in(read_frame(shot, 47).pixels) == 47
    with pytest.raises(FootageError, match=f"Frame {len(seen)} of broken"):
        read_frame(shot, len(seen) + 1)


def test_a_file_that_shrank_since_it_was_probed(tmp_path: Path) -> None:
    path = remux(clip(tmp_path / "a.mp4", 40), tmp_path / "fast.mp4", after=["-movflags", "+faststart"])
    shot = probe(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FootageError, match=r"Frame \d+ of fast\.mp4 cannot be read"):
        list(read_frames(shot, shot.frames))


def test_reading_holds_on_to_no_frame(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "long.mp4", 300))
    alive: list[weakref.ref[Picture]] = []
    most = 0
    for frame in read_frames(shot, shot.frames):
        alive = [kept for kept in alive if kept() is not None]
        alive.append(weakref.ref(frame.pixels))
        most = max(most, len(alive))
    gc.collect()
    assert most <= 3


def test_what_the_decoder_gave_does_not_wait_for_the_garbage_collector(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "long.mp4", 60))
    gc.collect()
    gc.disable()
    try:
        deque(read_frames(shot, shot.frames), maxlen=0)
        waiting = sum(type(each) is VideoFrame for each in gc.get_objects())
    finally:
        gc.enable()
    assert waiting == 0


def test_the_number_in_a_picture_is_read_back() -> None:
    assert [number_in(numbered(number)) for number in (0, 1, 2047, 4095)] == [0, 1, 2047, 4095]
