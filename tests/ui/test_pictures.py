from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clip.still import decode_png
from ui.pictures import Pictures


def test_a_picture_that_is_being_served_is_never_written_again(tmp_path: Path) -> None:
    pictures, picture = (
        Pictures(tmp_path / "pictures"),
        np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8),
    )
    path = Path(pictures.keep(picture))
    before = path.stat()
    assert pictures.keep(picture.copy()) == str(path)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (decode_png(path.read_bytes()) == picture).all()


def test_each_picture_has_a_file_of_its_own(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    light, dark = (np.full((4, 4, 3), level, np.uint8) for level in (200, 20))
    assert pictures.keep(light) != pictures.keep(dark)
