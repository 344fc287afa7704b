"""What probing says about good clips of every kind, and about bad ones."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.clip.probe import probe
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from tests.footage import Clip, click_wav, clip, cut_file, ffmpeg, numbered_pictures, remux, uneven, write_clip


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("plate") / "plate.mp4", 40)


def test_a_plain_clip(plate: Path) -> None:
    shot = probe(plate)
    assert (shot.name, shot.plate, shot.frames) == ("plate", plate, FrameRange(0, 39))
    assert (shot.rate, shot.width, shot.height, shot.pixel_aspect) == (24, 128, 96, 1)
    assert (shot.colour_space, shot.sound, shot.notes) == ("bt709", False, ())
    assert shot.key == hashlib.sha256(plate.read_bytes()).hexdigest()


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".ts", ".avi", ".flv"])
def test_the_same_packets_in_any_container(plate: Path, tmp_path: Path, suffix: str) -> None:
    shot = probe(remux(plate, tmp_path / f"plate{suffix}"))
    assert (len(shot.frames), shot.rate, shot.notes) == (40, 24, ())


def test_a_rate_with_a_denominator(tmp_path: Path) -> None:
    assert probe(clip(tmp_path / "a.mp4", 12, settings=Clip(Fraction(30000, 1001)))).rate == Fraction(30000, 1001)


def test_sound_is_found(plate: Path, tmp_path: Path) -> None:
    wav = click_wav(tmp_path / "click.wav", 0.2, 0.5)
    assert probe(clip(tmp_path / "a.mp4", 12, settings=Clip(sound=wav))).sound


@pytest.mark.parametrize("turn", [90, 270, -90])
def test_a_turned_clip_is_measured_as_shown(plate: Path, tmp_path: Path, turn: int) -> None:
    shot = probe(remux(plate, tmp_path / "turned.mp4", ["-display_rotation", str(turn)]))
    assert (shot.width, shot.height) == (96, 128)


def test_pixel_aspect_turns_with_the_picture(tmp_path: Path) -> None:
    wide = clip(tmp_path / "wide.mp4", 6, settings=Clip(output=["-aspect", "16:9"]))
    assert probe(wide).pixel_aspect == Fraction(4, 3)
    assert probe(remux(wide, tmp_path / "turned.mp4", ["-display_rotation", "90"])).pixel_aspect == Fraction(3, 4)


def test_one_frame(tmp_path: Path) -> None:
    shot = probe(clip(tmp_path / "one.mp4", 1))
    assert (shot.frames, shot.rate) == (FrameRange(0, 0), 24)


def test_a_variable_rate_is_conformed_and_noted(tmp_path: Path) -> None:
    times = [round(number * 1000 / 30) for number in range(40) if number % 4 != 2]
    shot = probe(uneven(tmp_path / "uneven.mkv", times))
    assert shot.rate == 30
    assert abs(len(shot.frames) - 40) <= 1
    assert "varies" in shot.notes[0]


def test_transparency_is_noted(tmp_path: Path) -> None:
    clear = Clip(codec=["-c:v", "qtrle", "-pix_fmt", "argb"], filters="")
    shot = probe(clip(tmp_path / "clear.mov", 3, settings=clear))
    assert shot.colour_space == "rgb"
    assert any("alpha channel" in note for note in shot.notes)


@pytest.mark.parametrize(
    ("width", "height", "matrix"), [(128, 96, "bt601"), (1280, 720, "bt709"), (720, 1280, "bt709")]
)
def test_an_unnamed_matrix_is_assumed_and_noted(tmp_path: Path, width: int, height: int, matrix: str) -> None:
    untagged = Clip(codec=["-c:v", "mpeg4", "-q:v", "5"], filters="")
    shot = probe(clip(tmp_path / "plain.avi", 2, width, height, untagged))
    assert shot.colour_space == matrix
    assert any(matrix in note for note in shot.notes)


def test_a_name_that_looks_like_something_else(plate: Path, tmp_path: Path) -> None:
    odd = tmp_path / "-take:1 %d 'final'.mp4"
    odd.write_bytes(plate.read_bytes())
    assert len(probe(odd).frames) == 40


def test_cover_art_is_no_picture(tmp_path: Path) -> None:
    wav = click_wav(tmp_path / "click.wav", 0.2, 0.5)
    cover = write_clip(tmp_path / "cover.png", numbered_pictures(1), Clip(codec=["-frames:v", "1"], filters=""))
    song = tmp_path / "song.m4a"
    as_cover = ("-map", "0", "-map", "1", "-c:v", "png", "-disposition:v", "attached_pic")
    ffmpeg("-i", str(wav), "-i", str(cover), *as_cover, str(song))
    with pytest.raises(FootageError, match="sound but no picture"):
        probe(song)


def test_sound_alone(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="sound but no picture"):
        probe(click_wav(tmp_path / "click.wav", 0.2, 0.5))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="There is no clip"):
        probe(tmp_path / "nothing.mp4")


def test_a_text_file(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("Call the editor about the second reel.\n" * 100)
    with pytest.raises(FootageError, match=r"notes\.mp4 is not a video") as error:
        probe(text)
    assert "mp4 or mov" in error.value.hint


def test_a_playlist_opens_no_other_file(plate: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{plate}\n#EXT-X-ENDLIST\n")
    with pytest.raises(FootageError, match="is not a video"):
        probe(playlist)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(FootageError, match="is empty"):
        probe(tmp_path / "empty.mp4")


def test_a_lost_index(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="cut short: its index"):
        probe(cut_file(plate, tmp_path / "cut.mp4", 0.6))


@pytest.mark.parametrize(("suffix", "options"), [(".mp4", ["-movflags", "+faststart"]), (".mkv", [])])
def test_a_lost_end_is_counted(plate: Path, tmp_path: Path, suffix: str, options: list[str]) -> None:
    whole = remux(plate, tmp_path / f"whole{suffix}", after=options)
    with pytest.raises(FootageError, match=r"cut short: .*?\d+ (of its 40 )?frames"):
        probe(cut_file(whole, tmp_path / f"cut{suffix}", 0.6))


def test_an_end_full_of_zeros(plate: Path, tmp_path: Path) -> None:
    data = remux(plate, tmp_path / "whole.mp4", after=["-movflags", "+faststart"]).read_bytes()
    hollow = tmp_path / "hollow.mp4"
    hollow.write_bytes(data[: len(data) * 3 // 4] + bytes(len(data) - len(data) * 3 // 4))
    with pytest.raises(FootageError, match=r"cut short: \d+ of its 40 frames can be read"):
        probe(hollow)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_no_frames(plate: Path, tmp_path: Path, suffix: str) -> None:
    nothing = remux(plate, tmp_path / f"none{suffix}", after=["-frames:v", "0"])
    with pytest.raises(FootageError, match="no frames"):
        probe(nothing)


@pytest.mark.parametrize(("width", "height"), [(128, 62), (62, 128)])
def test_a_picture_that_is_too_small(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(FootageError, match=f"is {width}x{height}, which is too small") as error:
        probe(clip(tmp_path / "small.mp4", 2, width, height))
    assert "64 pixels" in error.value.hint
