"""Pictures of every make come out upright, opaque and in eight bits; the others are refused in a sentence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import RefusedFile
from pipeline.portraits.still import LARGEST_SIDE, read_still

MOST = 1_000_000
WIDE = (160, 80)


def halves(top: int, bottom: int, dtype: type = np.uint8) -> np.ndarray:
    """A grey picture, 160x80, whose upper half is lighter or darker than its lower."""
    grey = np.full((80, 160), bottom, dtype)
    grey[:40] = top
    return grey


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(halves(200, 50)).convert("RGB").save(path, exif=exif)


def sixteen_bits(path: Path) -> None:
    Image.fromarray(halves(200 * 256, 50 * 256, np.uint16)).save(path)


def cmyk(path: Path) -> None:
    Image.fromarray(halves(200, 50)).convert("RGB").convert("CMYK").save(path, quality=95)


def palette(path: Path) -> None:
    Image.fromarray(halves(200, 50)).convert("P").save(path)


def animated(path: Path) -> None:
    first, second = (Image.fromarray(halves(*pair)) for pair in ((200, 50), (0, 0)))
    first.save(path, save_all=True, append_images=[second])


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.png", sixteen_bits), ("a.tif", sixteen_bits), ("a.jpg", cmyk), ("a.png", palette), ("a.gif", animated)],
)
def test_every_make_gives_the_same_picture(name: str, write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / name)
    read = read_still(tmp_path / name, MOST)
    assert read.dtype == np.uint8 and read.shape == (80, 160, 3)
    assert abs(read[10, 80].astype(int) - 200).max() <= 3 and abs(read[70, 80].astype(int) - 50).max() <= 3


def test_a_camera_held_on_its_side(tmp_path: Path) -> None:
    turned(tmp_path / "a.jpg")
    read = read_still(tmp_path / "a.jpg", MOST)
    assert read.shape == (160, 80, 3)
    assert read[80, 70].mean() > 190 and read[80, 10].mean() < 60


def test_transparency_shows_mid_grey(tmp_path: Path) -> None:
    layered = np.dstack([halves(200, 50)] * 3 + [halves(255, 0)])
    Image.fromarray(layered).save(tmp_path / "a.png")
    read = read_still(tmp_path / "a.png", MOST)
    assert (read[10, 80] == 200).all() and (read[70, 80] == 128).all()


def test_large_pictures_are_brought_to_a_useful_size(tmp_path: Path) -> None:
    Image.new("RGB", (4096, 128)).save(tmp_path / "a.png")
    assert read_still(tmp_path / "a.png", MOST).shape == (64, LARGEST_SIDE, 3)


def test_a_header_of_a_hundred_megapixels_is_refused_undecoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 12000, 9000, 8, 2, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises(RefusedFile, match=r"a\.png has more than 1 million pixels"):
        read_still(tmp_path / "a.png", MOST)


@pytest.mark.parametrize("fault", ["text", "cut", "empty", "small"])
def test_what_is_no_picture_is_refused(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (80, 160, 3), np.uint8)).save(path)
    whole = path.read_bytes()
    if fault == "small":
        Image.new("RGB", (63, 200)).save(path)
    else:
        path.write_bytes({"text": b"hello", "cut": whole[: len(whole) // 2], "empty": b""}[fault])
    with pytest.raises(RefusedFile, match=r"a\.png"):
        read_still(path, MOST)
