"""A plate that is a sequence of pictures: what is read, in which colours, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.clip.colour import display_from_linear, linear_from_display
from pipeline.clip.exr import write_parts
from pipeline.clip.probe import probe
from pipeline.clip.read import read_frame, read_frames
from pipeline.clip.still import encode_png
from pipeline.errors import FootageError
from pipeline.frames import FrameRange
from pipeline.recipe.footage import Footage
from tests.footage import number_in, numbered

WIDTH, HEIGHT = 128, 96


def write_picture(path: Path, number: int, deep: bool = False) -> Path:
    """A numbered picture in the kind that the suffix says; deep: 16 bits. EXR is linear light."""
    picture = numbered(number, WIDTH, HEIGHT)
    if path.suffix == ".exr":
        light = linear_from_display(picture).astype(np.float16)
        write_parts(path, {"": {name: light[..., place] for place, name in enumerate("RGB")}})
    else:
        assert cv2.imwrite(str(path), picture[..., ::-1].astype(np.uint16) * 257 if deep else picture[..., ::-1])
    return path


def write_sequence(folder: Path, suffix: str, numbers: range) -> Path:
    for number in numbers:
        write_picture(folder / f"shot.{number:04d}{suffix}", number - numbers[0])
    return folder


@pytest.mark.parametrize(
    ("suffix", "deep", "off"),
    [
        (".png", False, 0),
        (".png", True, 0),
        (".jpg", False, 25),
        (".tif", False, 0),
        (".tif", True, 0),
        (".exr", True, 1),
    ],
)
def test_every_kind_of_picture_gives_the_same_frames(tmp_path: Path, suffix: str, deep: bool, off: int) -> None:
    for number in range(5):
        write_picture(tmp_path / f"shot{number:03d}{suffix}", number, deep)
    shot = probe(tmp_path)
    assert (shot.frames, shot.width, shot.height, shot.rate) == (FrameRange(0, 4), WIDTH, HEIGHT, 24)
    frames = list(read_frames(shot, shot.frames))
    assert [number_in(frame.pixels) for frame in frames] == [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert np.abs(frames[3].pixels.astype(int) - numbered(3, WIDTH, HEIGHT)).max() <= off


def test_frames_start_wherever_the_reading_starts(tmp_path: Path) -> None:
    shot = probe(write_sequence(tmp_path, ".png", range(1001, 1007)))
    assert (shot.name, shot.plate.name) == ("shot", "shot.1001.png")
    assert number_in(read_frame(shot, 4).pixels) == 4
    with pytest.raises(FootageError, match="has no frames"):
        read_frames(shot, FrameRange(2, 6))


def test_one_picture_names_its_sequence(tmp_path: Path) -> None:
    write_sequence(tmp_path, ".png", range(3, 6))
    (tmp_path / "other_1.png").write_bytes(encode_png(numbered(9)))
    assert probe(tmp_path / "shot.0004.png").frames == FrameRange(0, 2)
    with pytest.raises(FootageError, match=r"holds 2 sequences: other_####\.png, shot\.####\.png"):
        probe(tmp_path)


@pytest.mark.parametrize(
    ("said", "rate"), [("25", Fraction(25)), ("23.976", Fraction(24000, 1001)), ("30000/1001", Fraction(30000, 1001))]
)
def test_the_rate_is_as_given(tmp_path: Path, said: str, rate: Fraction) -> None:
    shot = probe(write_sequence(tmp_path, ".png", range(2)), Footage(rate=said))
    assert (shot.rate, shot.notes) == (rate, ())


def test_a_rate_that_nobody_gives_is_assumed_with_a_note(tmp_path: Path) -> None:
    shot = probe(write_sequence(tmp_path, ".png", range(2)))
    assert any("24 frames a second were assumed" in note for note in shot.notes)


def test_exr_says_its_rate_and_is_linear(tmp_path: Path) -> None:
    grey = np.full((HEIGHT, WIDTH), 0.18, np.float16)
    write_parts(tmp_path / "a_1.exr", {"": {"R": grey, "G": grey, "B": grey}}, Fraction(25))
    shot = probe(tmp_path)
    assert shot.rate == 25
    assert any("linear light" in note for note in shot.notes)
    assert (read_frame(shot, 0).pixels == 118).all()  # 18 % grey in sRGB
    assert (read_frame(probe(tmp_path, Footage(transfer="display")), 0).pixels == 46).all()


def test_linear_light_and_back_is_exact() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert (display_from_linear(linear_from_display(levels)) == levels).all()


def test_no_number_infinity_and_negative_light_are_black_and_white(tmp_path: Path) -> None:
    light = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    light[0, :4] = [np.nan, np.inf, -np.inf, -3]
    write_parts(tmp_path / "a_1.exr", {"": {"R": light, "G": light, "B": light}})
    assert read_frame(probe(tmp_path), 0).pixels[0, :5, 1].tolist() == [0, 255, 0, 0, 188]


def test_missing_frames_are_refused_held_or_black(tmp_path: Path) -> None:
    write_sequence(tmp_path, ".png", range(10, 16))
    (tmp_path / "shot.0012.png").unlink()
    with pytest.raises(FootageError, match=r"shot\.####\.png has no number 12"):
        probe(tmp_path)
    held, black = (probe(tmp_path, Footage(missing=policy)) for policy in ("hold", "black"))
    assert [number_in(frame.pixels) for frame in read_frames(held, held.frames)] == [0, 1, 1, 3, 4, 5]
    assert not read_frame(black, 2).pixels.any()
    assert "Number 12 of shot.####.png is missing and holds the frame before." in held.notes
    assert held.key != black.key


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    write_sequence(tmp_path, ".png", range(3))
    (tmp_path / "shot.0001.png").write_bytes(encode_png(numbered(1, 160, 96)))
    with pytest.raises(FootageError, match=r"shot\.0001\.png is 160x96, the sequence is 128x96"):
        probe(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".exr"])
def test_a_damaged_picture_is_named(tmp_path: Path, suffix: str) -> None:
    write_sequence(tmp_path, suffix, range(4))
    shot, broken = probe(tmp_path), tmp_path / f"shot.0002{suffix}"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    with pytest.raises(FootageError, match=r"shot\.0002"):
        list(read_frames(shot, shot.frames))


def test_transparency_is_laid_over_black(tmp_path: Path) -> None:
    half = np.dstack([np.full((HEIGHT, WIDTH, 3), 200, np.uint8), np.full((HEIGHT, WIDTH), 128, np.uint8)])
    (tmp_path / "a_1.png").write_bytes(encode_png(half))
    shot = probe(tmp_path)
    assert (read_frame(shot, 0).pixels == 100).all()
    assert any("alpha" in note for note in shot.notes)


def test_the_key_follows_the_bytes_and_the_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    first = probe(write_sequence(folder, ".png", range(3)), memory=tmp_path / "memory").key
    assert probe(folder, memory=tmp_path / "memory").key == first
    (folder / "shot.0001.png").write_bytes(encode_png(numbered(7)))
    assert probe(folder, memory=tmp_path / "memory").key != first
    (folder / "shot.0001.png").write_bytes(encode_png(numbered(1)))
    (folder / "shot.0002.png").rename(folder / "shot.0003.png")
    assert probe(folder, Footage(missing="hold")).key != first


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="holds no numbered pictures"):
        probe(tmp_path)


def test_numbers_that_are_dates_make_no_endless_shot(tmp_path: Path) -> None:
    for number in (20240101, 20260101):
        (tmp_path / f"{number}.png").write_bytes(encode_png(numbered(1)))
    with pytest.raises(FootageError, match="too far apart"):
        probe(tmp_path, Footage(missing="hold"))


CONFIG = """ocio_profile_version: 2
roles: {default: raw, scene_linear: studio linear}
file_rules: [!<Rule> {name: Default, colorspace: default}]
displays:
  monitor: [!<View> {name: film, colorspace: shown}]
active_displays: []
active_views: []
colorspaces:
  - !<ColorSpace> {name: raw, isdata: true}
  - !<ColorSpace> {name: studio linear}
  - !<ColorSpace>
    name: shown
    from_scene_reference: !<GroupTransform>
      children:
        - !<MatrixTransform> {matrix: [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}
        - !<ExponentTransform> {value: [2, 2, 2, 1], direction: inverse}
"""
"""A display that swaps red and green and takes the square root of light: nobody else would."""


def test_a_studios_config_decides_how_pictures_look(tmp_path: Path) -> None:
    (tmp_path / "studio.ocio").write_text(CONFIG)
    light = np.full((HEIGHT, WIDTH, 3), (0.25, 0.04, 0.16), np.float32)
    for number in (1, 2):
        write_parts(tmp_path / f"plate.{number:04d}.exr", {"": dict(zip("RGB", np.moveaxis(light, 2, 0), strict=True))})
    through = Footage(ocio=str(tmp_path / "studio.ocio"), colour_space="studio linear")
    shot = probe(tmp_path / "plate.0001.exr", through)
    assert any("through studio.ocio" in note for note in shot.notes)
    shown = next(read_frames(shot, shot.frames)).pixels
    assert np.abs(shown.reshape(-1, 3).astype(int) - [51, 128, 102]).max() <= 1
    plain = probe(tmp_path / "plate.0001.exr")
    assert shot.key != plain.key, "the config is in the key"
    (tmp_path / "studio.ocio").write_text(CONFIG + "\n")
    assert probe(tmp_path / "plate.0001.exr", through).key != shot.key


def test_a_config_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "plate.0001.exr", 1)
    (tmp_path / "studio.ocio").write_text(CONFIG)
    unknown = Footage(ocio=str(tmp_path / "studio.ocio"), colour_space="another")
    shot = probe(tmp_path / "plate.0001.exr", unknown)
    with pytest.raises(FootageError, match=r"another.*studio\.ocio"):
        next(read_frames(shot, shot.frames))
    with pytest.raises(FootageError, match="no OpenColorIO config"):
        probe(tmp_path / "plate.0001.exr", Footage(ocio=str(tmp_path / "none.ocio"), colour_space="x"))
    with pytest.raises(ValueError, match="together"):
        Footage(ocio="only.ocio")
