"""PNG files are exact, and mean what other programs read in them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.clip.still import _packed_by_us, decode_png, encode_png
from pipeline.errors import FootageError


@pytest.mark.parametrize("shape", [(37, 53), (37, 53, 3), (37, 53, 4), (1, 1), (1, 1, 3)])
def test_exact_both_ways_and_the_same_bytes(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    data = encode_png(picture)
    assert data == encode_png(picture.copy())
    back = decode_png(data)
    assert back.dtype == np.uint8
    assert np.array_equal(back, picture)
    own = _packed_by_us(data)
    assert own is not None and own.shape == picture.shape and np.array_equal(own, picture)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_pictures_of_other_programs_are_read_too(mode: str) -> None:
    grey = np.random.default_rng(5).integers(0, 256, (19, 31, 3), np.uint8)
    image, buffer = Image.fromarray(grey).convert(mode), io.BytesIO()
    image.save(buffer, "PNG")
    assert _packed_by_us(buffer.getvalue()) is None
    seen = np.asarray(image.convert({"P": "RGB", "1": "L"}.get(mode, mode)))
    assert np.array_equal(decode_png(buffer.getvalue()), seen)


def test_a_damaged_picture_of_our_own_is_refused() -> None:
    data = bytearray(encode_png(np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)))
    data[600:700] = bytes(100)
    assert _packed_by_us(bytes(data)) is None
    with pytest.raises(FootageError, match="damaged"):
        decode_png(bytes(data))


@pytest.mark.parametrize(("channels", "mode"), [(3, "RGB"), (4, "RGBA")])
def test_other_programs_see_the_same_colours(channels: int, mode: str) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (9, 11, channels), np.uint8)
    image = Image.open(io.BytesIO(encode_png(picture)))
    assert image.mode == mode
    assert np.array_equal(np.asarray(image), picture)


@pytest.mark.parametrize("data", [b"", b"not a picture", encode_png(np.zeros((64, 64, 3), np.uint8))[:40]])
def test_a_damaged_picture(data: bytes) -> None:
    with pytest.raises(FootageError, match="damaged"):
        decode_png(data)
