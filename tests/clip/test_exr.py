"""EXR files as the engine writes them, and those it should not have written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from pipeline.clip.exr import read_headers, read_parts, write_parts
from pipeline.clip.values import read_values, size_of
from pipeline.errors import FootageError

RAMP = np.linspace(-2, 1000, 6 * 8).reshape(6, 8)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_one_part_comes_back(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "a_1.exr"
    write_parts(path, {"": {"R": RAMP.astype(kind), "G": RAMP.astype(kind)}}, Fraction(24))
    (part,) = read_parts(path)
    assert (part.rate, sorted(part.channels)) == (24, ["G", "R"])
    assert np.array_equal(part.channels["R"], RAMP.astype(kind).astype(np.float32))
    assert size_of(path) == (8, 6)


def test_whole_numbers_stay_whole(tmp_path: Path) -> None:
    ids = np.arange(48, dtype=np.uint32).reshape(6, 8) + 70000
    write_parts(tmp_path / "a_1.exr", {"": {"id": ids}})
    (part,) = read_parts(tmp_path / "a_1.exr")
    assert part.channels["id"].dtype == np.uint32
    assert np.array_equal(part.channels["id"], ids)


def test_parts_and_layers_are_told_apart(tmp_path: Path) -> None:
    path, plane = tmp_path / "a_1.exr", RAMP.astype(np.float32)
    layers = {"Motion.X": plane + 1, "Motion.Y": plane + 2, "R": plane + 3, "G": plane + 4, "B": plane + 5}
    write_parts(path, {"Depth": {"Z": plane}, "Rest": layers})
    assert [header.name for header in read_headers(path)] == ["Depth", "Rest"]
    assert np.array_equal(read_values(path, "Depth").pixels[..., 0], plane)
    assert np.array_equal(read_values(path, "Rest").pixels, np.stack([plane + 3, plane + 4, plane + 5], -1))
    assert np.array_equal(read_values(path, "Rest", "Motion").pixels, np.stack([plane + 1, plane + 2], -1))
    with pytest.raises(FootageError, match="has no part Normal"):
        read_values(path, "Normal")
    with pytest.raises(FootageError, match="has no layer Normal"):
        read_values(path, "Rest", "Normal")


def test_a_data_window_inside_or_beyond_the_picture_is_laid_into_it(tmp_path: Path) -> None:
    path = tmp_path / "a_1.exr"
    window = (np.array([6, -1], np.int32), np.array([13, 4], np.int32))
    shown = (np.array([0, 0], np.int32), np.array([9, 7], np.int32))
    header = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
    with OpenEXR.File({**header, "dataWindow": window, "displayWindow": shown}, {"Y": RAMP.astype(np.float32)}) as file:
        file.write(str(path))
    pixels = read_values(path).pixels[..., 0]
    assert pixels.shape == (8, 10)
    assert np.array_equal(pixels[:5, 6:], RAMP.astype(np.float32)[1:, :4])
    assert not pixels[5:].any()
    assert not pixels[:, :6].any()


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.97])
def test_a_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a_1.exr"
    write_parts(path, {"": {"R": np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)}})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(FootageError, match=r"a_1\.exr is (empty|damaged or cut short|not an EXR file)"):
        read_parts(path)


def test_what_is_no_exr_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a_1.exr").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(FootageError, match="is not an EXR file"):
        read_headers(tmp_path / "a_1.exr")


def test_a_header_of_a_giant_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    path = tmp_path / "a_1.exr"
    write_parts(path, {"": {"R": np.zeros((8, 8), np.float32)}})
    data = bytearray(path.read_bytes())
    for name in (b"dataWindow\0box2i\0", b"displayWindow\0box2i\0"):
        at = data.index(name) + len(name) + 4
        data[at + 8 : at + 16] = np.array([99999, 99999], "<i4").tobytes()
    path.write_bytes(bytes(data))
    with pytest.raises(FootageError, match="100000x100000"):
        read_parts(path)
