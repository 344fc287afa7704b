"""From a folder of pictures to facts, on pictures of the sample shot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.clip.probe import probe
from pipeline.errors import TrainingError
from pipeline.frames import Picture
from pipeline.portraits.choose import choose, write_chosen
from pipeline.portraits.facts import FILE, Portraits, read_facts
from pipeline.portraits.gather import pictures_in
from pipeline.portraits.prepare import prepare
from pipeline.portraits.review import review
from pipeline.progress import Progress
from tests.footage import numbered, write_clip

MOST = 10_000_000


def prepared(folder: Path, out: Path) -> Portraits:
    return prepare(pictures_in(folder), out, MOST, Progress())


def test_a_folder_is_read_looked_at_and_reviewed(folder: Path, tmp_path: Path) -> None:
    (folder / "2.txt").write_text("Ava at the table")
    (folder / "3.png").write_bytes(b"no picture")
    Image.new("RGB", (200, 200), (90, 120, 90)).save(folder / "4.png")
    portraits = prepared(folder, tmp_path / "out")
    assert [picture.source for picture in portraits.pictures] == ["2.png", "4.png", "10.png", "11.jpg"]
    assert read_facts(tmp_path / "out") == portraits
    first = portraits.pictures[0]
    assert first.caption == "Ava at the table" and first.face is not None and first.person > 0.1
    assert np.asarray(Image.open(tmp_path / "out" / first.mask)).shape == (first.height, first.width)
    (skipped,) = portraits.skipped
    assert skipped.source == "3.png" and "not a picture" in skipped.reason
    told = review(portraits)
    assert told.pictures == 2 and told.left_out == {"4.png", "11.jpg"}
    assert told.flags["11.jpg"][0] == "seen before in 2.png"
    assert "no profiles" in told.missing and "no closed eyes" in told.missing
    assert told.warnings and "3.png" in told.text() and "Only 2 pictures" in told.text()


def test_a_set_without_faces_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (200, 200), (90, 120, 90)).save(tmp_path / "in" / "a.png")
    told = review(prepared(tmp_path / "in", tmp_path / "out"))
    assert told.missing == ("faces",) and not told.faces and told.pictures == 0


def test_the_same_pictures_are_not_looked_at_twice(folder: Path, tmp_path: Path) -> None:
    first = prepared(folder, tmp_path / "out")
    before = (tmp_path / "out" / FILE).stat().st_mtime_ns
    assert prepared(folder, tmp_path / "out") == first
    assert (tmp_path / "out" / FILE).stat().st_mtime_ns == before
    (folder / "10.png").unlink()
    (folder / "11.jpg").unlink()
    again = prepared(folder, tmp_path / "out")
    assert len(again.pictures) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000-matte.png", "000.png", FILE]


def test_facts_that_are_damaged_are_made_anew(folder: Path, tmp_path: Path) -> None:
    first = prepared(folder, tmp_path / "out")
    (tmp_path / "out" / FILE).write_text("{")
    with pytest.raises(TrainingError, match="damaged"):
        read_facts(tmp_path / "out")
    assert prepared(folder, tmp_path / "out") == first


def test_nothing_readable_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(TrainingError, match=r"None of 1 files can be read as a picture\. a\.png is not"):
        prepared(tmp_path, tmp_path / "out")


def test_a_clip_gives_sharp_pictures_that_differ(tmp_path: Path) -> None:
    """Sixty frames of two pictures, all blurred but two."""

    def frame(number: int) -> Picture:
        picture = numbered(7 if number < 30 else 200)
        return picture if number in (11, 41) else cv2.GaussianBlur(picture, (0, 0), 3).astype(np.uint8)

    path = write_clip(tmp_path / "clip.mp4", [frame(number) for number in range(60)])
    shot = probe(path)
    assert choose(shot, Progress()) == [11, 41]
    write_chosen(shot, [11, 41], tmp_path / "out")
    assert [path.name for path in pictures_in(tmp_path / "out")] == ["000011.png", "000041.png"]
