"""A delivered layer taken apart again, for each person whose matte was delivered beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clip.still import encode_png
from pipeline.frames import Frame
from pipeline.recomposite import LayerEdit, by_person
from pipeline.version import OutFolder

FRAME = Frame(7, np.zeros((60, 120, 3), np.uint8))


def kept(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(picture))


def test_every_pixel_goes_to_whose_matte_is_nearest_and_none_is_lost(tmp_path: Path) -> None:
    out, rgba = OutFolder(tmp_path), np.full((60, 120, 4), 200, np.uint8)
    kept(out.layer("face", 7), rgba)
    for name, columns in (("face.1", slice(10, 40)), ("face.12", slice(80, 110))):
        mask = np.zeros((60, 120), np.uint8)
        mask[10:50, columns] = 255
        kept(out.matte(name, 7), mask)
    parts = by_person(out, LayerEdit("face", opacity=0.5), FRAME)
    assert list(parts) == ["face.1", "face.12"]
    assert parts["face.1"].alpha[:, :55].min() > 0 and parts["face.1"].alpha[:, 65:].max() == 0
    whole = sum(layer.alpha for layer in parts.values())
    assert np.abs(whole - 0.5 * 200 / 255).max() < 1e-6
    assert by_person(out, LayerEdit("face"), Frame(8, FRAME.pixels)) == {}


def test_one_person_alone_keeps_the_name_they_have_in_other_frames(tmp_path: Path) -> None:
    out = OutFolder(tmp_path)
    kept(out.layer("face", 7), np.full((60, 120, 4), 200, np.uint8))
    assert list(by_person(out, LayerEdit("face"), FRAME)) == ["face"]
    kept(out.matte("face.12", 7), np.full((60, 120), 255, np.uint8))
    (tmp_path / "mattes" / "face.1").mkdir()
    assert list(by_person(out, LayerEdit("face"), FRAME)) == ["face.12"]
