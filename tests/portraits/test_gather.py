from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.errors import RefusedFile, TrainingError
from pipeline.portraits.gather import caption_beside, pictures_in, unpacked_as
from pipeline.unzip import unpack


def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10.jpg", "9.JPG", "b.png", "9.txt", ".DS_Store", "set.json"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to("/etc/hostname")
    assert [path.name for path in pictures_in(tmp_path)] == ["9.JPG", "10.jpg", "b.png"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(TrainingError, match="holds no pictures"):
        pictures_in(tmp_path)
    with pytest.raises(TrainingError, match="cannot be read"):
        pictures_in(tmp_path / "gone")


def test_the_caption_beside_is_read_as_one_line(tmp_path: Path) -> None:
    picture = tmp_path / "1.png"
    assert caption_beside(picture) is None
    (tmp_path / "1.txt").write_bytes(b"\xef\xbb\xbfAva,\n  smiling \xff")
    assert caption_beside(picture) == "Ava, smiling"
    (tmp_path / "1.txt").write_bytes(b" \n")
    assert caption_beside(picture) is None


def test_a_zip_is_unpacked_under_names_of_our_own(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("set/1.png", b"one")
        archive.writestr("other/1.png", b"two")
        archive.writestr("../../etc/évil name.png", b"three")
        archive.writestr("__MACOSX/set/._1.png", b"the Finder's own")
        archive.writestr("set/.DS_Store", b"the Finder's own")
    unpack(tmp_path / "a.zip", tmp_path / "out", unpacked_as)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["0000-1.png", "0001-1.png", "0002-vil_name.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


def test_a_broken_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(RefusedFile, match=r"a\.zip is not a whole zip"):
        unpack(tmp_path / "a.zip", tmp_path / "out", unpacked_as)
