"""Deliveries: exact pictures, exact times, the sound in sync, and never half a file."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.shot import Shot
from pipeline.clip.write import write_movie
from pipeline.errors import Cancelled, OutputError
from pipeline.files import part_of
from pipeline.frames import FrameRange, Picture
from tests.footage import (
    Clip,
    bars,
    click_time,
    click_wav,
    clip,
    ffmpeg,
    number_in,
    numbered_pictures,
    sound_packets,
    sound_samples,
    uneven,
)

SAMPLES = Path(__file__).parents[2] / "samples"

CLICK = 20
"""The frame at whose start the click starts."""


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    return probe(clip(tmp_path_factory.mktemp("silent") / "plate.mp4", 24))


def _with_click(folder: Path, codec: str, suffix: str = ".mp4", rate: Fraction = Fraction(24)) -> Shot:
    wav = click_wav(folder / "click.wav", float(CLICK / rate), 2.0)
    return probe(clip(folder / f"plate{suffix}", 48, settings=Clip(rate, sound=wav, sound_codec=codec)))


def test_pictures_and_times_survive(silent: Shot, tmp_path: Path) -> None:
    pictures = numbered_pictures(24)
    shot = replace(silent, rate=Fraction(30000, 1001), pixel_aspect=Fraction(4, 3))
    write_movie(tmp_path / "out.mp4", pictures, shot, 16, None)
    out = probe(tmp_path / "out.mp4")
    assert (out.frames, out.rate, out.pixel_aspect, out.sound) == (FrameRange(0, 23), shot.rate, Fraction(4, 3), False)
    assert (out.width, out.height, out.colour_space, out.notes) == (128, 96, "bt709", ())
    assert [number_in(frame.pixels) for frame in read_frames(out, out.frames)] == list(range(24))


def test_tags_layout_and_index(silent: Shot, tmp_path: Path) -> None:
    write_movie(tmp_path / "out.mp4", numbered_pictures(4), silent, 16, None)
    with av.open(str(tmp_path / "out.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_colour_bars_come_back(silent: Shot, tmp_path: Path) -> None:
    write_movie(tmp_path / "bars.mp4", [bars()] * 3, silent, 8, None)
    back = read_frame(probe(tmp_path / "bars.mp4"), 1).pixels.astype(int)
    assert np.abs(back - bars()).mean() <= 2
    assert np.abs(back - bars())[8:56, 16::32].max() <= 3


@pytest.mark.parametrize(("width", "height"), [(129, 96), (128, 97), (131, 99)])
def test_odd_sizes_keep_their_exact_size(silent: Shot, tmp_path: Path, width: int, height: int) -> None:
    write_movie(tmp_path / "odd.mp4", numbered_pictures(3, width, height), silent, 16, None)
    out = probe(tmp_path / "odd.mp4")
    assert (out.width, out.height) == (width, height)
    assert [number_in(frame.pixels) for frame in read_frames(out, out.frames)] == [0, 1, 2]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    shot = _with_click(tmp_path, "pcm_s16le", ".mov")
    for name in ("a.mp4", "b.mp4"):
        write_movie(tmp_path / name, numbered_pictures(48), shot, 16, shot.frames)
    for name in ("c.mp4", "d.mp4"):
        write_movie(tmp_path / name, numbered_pictures(12), shot, 16, FrameRange(12, 23))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "c.mp4").read_bytes() == (tmp_path / "d.mp4").read_bytes()


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "ac3", "alac", "flac", "libopus"])
def test_the_whole_soundtrack_is_copied_untouched(tmp_path: Path, codec: str) -> None:
    shot = _with_click(tmp_path, codec)
    write_movie(tmp_path / "out.mp4", numbered_pictures(48), shot, 16, shot.frames)
    assert sound_packets(tmp_path / "out.mp4") == sound_packets(shot.plate)
    assert click_time(tmp_path / "out.mp4", CLICK / 24) == pytest.approx(click_time(shot.plate, CLICK / 24), abs=1e-4)


@pytest.mark.parametrize("first", [0, 11])
@pytest.mark.parametrize("name", ["interview", "stairwell"])
def test_the_click_of_the_sample_shots_stays_on_its_frame(tmp_path: Path, name: str, first: int) -> None:
    shot = probe(SAMPLES / name / "plate.mp4")
    click = json.loads((SAMPLES / name / "truth.json").read_text())["click_frame"]
    frames = FrameRange(first, shot.frames.last)
    write_movie(tmp_path / "out.mp4", numbered_pictures(len(frames), 64, 64), shot, 30, frames)
    expected = float((click - first) / shot.rate)
    assert click_time(tmp_path / "out.mp4", expected) == pytest.approx(expected, abs=0.005)
    assert first > 0 or sound_packets(tmp_path / "out.mp4") == sound_packets(shot.plate)


@pytest.mark.parametrize(("codec", "suffix"), [("pcm_s16le", ".mov"), ("pcm_s24le", ".mkv")])
def test_sound_that_mp4_cannot_hold_is_packed_without_loss(tmp_path: Path, codec: str, suffix: str) -> None:
    shot = _with_click(tmp_path, codec, suffix)
    write_movie(tmp_path / "out.mp4", numbered_pictures(48), shot, 16, shot.frames)
    before, after = sound_samples(shot.plate)[0], sound_samples(tmp_path / "out.mp4")[0]
    assert np.array_equal(before, after)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)])
@pytest.mark.parametrize("frames", [FrameRange(0, 30), FrameRange(7, 40), FrameRange(CLICK, CLICK + 9)])
def test_a_part_is_cut_in_sync(tmp_path: Path, rate: Fraction, frames: FrameRange) -> None:
    shot = _with_click(tmp_path, "pcm_s16le", ".mov", rate)
    write_movie(tmp_path / "part.mp4", numbered_pictures(len(frames)), shot, 16, frames)
    expected = float((CLICK - frames.first) / rate)
    assert click_time(tmp_path / "part.mp4", expected) == pytest.approx(expected, abs=0.005)
    samples, hertz = sound_samples(tmp_path / "part.mp4")
    assert len(samples) / hertz == pytest.approx(float(len(frames) / rate), abs=0.03)


def test_sound_that_starts_before_the_picture_stays_in_sync(tmp_path: Path) -> None:
    wav = click_wav(tmp_path / "click.wav", 1.0, 2.0)
    flat = clip(tmp_path / "flat.mkv", 24, settings=Clip(sound=wav))
    late, maps = tmp_path / "late.mkv", ("-map", "0:v", "-map", "1:a", "-c", "copy")
    ffmpeg("-itsoffset", "0.25", "-i", str(flat), "-i", str(flat), *maps, str(late))
    shot = probe(late)
    click = click_time(late, 1.0) - 0.25
    write_movie(tmp_path / "all.mp4", numbered_pictures(24), shot, 16, shot.frames)
    write_movie(tmp_path / "part.mp4", numbered_pictures(18), shot, 16, FrameRange(6, 23))
    assert click_time(tmp_path / "all.mp4", click) == pytest.approx(click, abs=0.005)
    assert click_time(tmp_path / "part.mp4", click - 0.25) == pytest.approx(click - 0.25, abs=0.005)


def test_a_silent_shot_gives_a_silent_movie(silent: Shot, tmp_path: Path) -> None:
    write_movie(tmp_path / "out.mp4", numbered_pictures(24), silent, 16, silent.frames)
    assert not probe(tmp_path / "out.mp4").sound


def test_a_conformed_clip_is_delivered_at_a_constant_rate(tmp_path: Path) -> None:
    shot = probe(uneven(tmp_path / "uneven.mkv", [0, 40, 80, 200, 240, 280, 480, 520]))
    write_movie(tmp_path / "out.mp4", (frame.pixels for frame in read_frames(shot, shot.frames)), shot, 16, shot.frames)
    out = probe(tmp_path / "out.mp4")
    assert (out.frames, out.rate, out.notes) == (shot.frames, shot.rate, ())


def test_no_pictures(silent: Shot, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frames"):
        write_movie(tmp_path / "out.mp4", [], silent, 16, None)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_two_sizes(silent: Shot, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="differ in size"):
        write_movie(tmp_path / "out.mp4", numbered_pictures(2) + numbered_pictures(1, 64, 64), silent, 16, None)
    assert list(tmp_path.iterdir()) == []


def test_stopping_leaves_the_old_file(silent: Shot, tmp_path: Path) -> None:
    def stopped() -> Iterator[Picture]:
        yield from numbered_pictures(5)
        raise Cancelled

    (tmp_path / "out.mp4").write_bytes(b"the last version")
    with pytest.raises(Cancelled):
        write_movie(tmp_path / "out.mp4", stopped(), silent, 16, None)
    assert (tmp_path / "out.mp4").read_bytes() == b"the last version"
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_a_full_disk(silent: Shot, tmp_path: Path) -> None:
    part_of(tmp_path / "out.mp4").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="The disk is full") as error:
        write_movie(tmp_path / "out.mp4", numbered_pictures(24), silent, 0, None)
    assert "Make room" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_ffmpeg_stopped_by_the_system(silent: Shot, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match=r"out\.mp4 could not be written"):
            write_movie(tmp_path / "out.mp4", numbered_pictures(24), silent, 0, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(silent: Shot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_movie(tmp_path / "file" / "out.mp4", numbered_pictures(2), silent, 16, None)
