"""PNG files are exact, and mean what other programs read in them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.clip.still import decode_png, encode_png
from pipeline.errors import FootageError


@pytest.mark.parametrize("shape", [(37, 53), (37, 53, 3), (37, 53, 4), (1, 1), (1, 1, 3)])
def test_exact_both_ways_and_the_same_bytes(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    data = encode_png(picture)
    assert data == encode_png(picture.copy())
    back = decode_png(data)
    assert back.dtype == np.uint8
    assert np.array_equal(back, picture)


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
