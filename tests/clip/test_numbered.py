"""Which files belong together, and which is which frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.clip.numbered import sequence_of, sequences_in
from pipeline.errors import FootageError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("names", "stem", "numbers"),
    [
        (["a_0001.png", "a_0002.png"], "a_", [1, 2]),
        (["a_8.png", "a_9.png", "a_10.png"], "a_", [8, 9, 10]),
        (["Shot 01 take2.1001.exr", "Shot 01 take2.1002.exr"], "Shot 01 take2.", [1001, 1002]),
        (["000.tif", "001.tif", "003.tif"], "", [0, 1, 3]),
        (["x-0099v.jpg", "x-0100v.jpg"], "x-", [99, 100]),
    ],
)
def test_padding_and_start_are_read_from_the_names(
    tmp_path: Path, names: list[str], stem: str, numbers: list[int]
) -> None:
    (found,) = sequences_in(touch(tmp_path, *names))
    assert (found.stem, list(found.files)) == (stem, numbers)
    assert sequence_of(tmp_path / names[0]) == found


def test_sequences_are_kept_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a_1.png", "a_2.png", "b_1.png", "a_1.exr", "notes.txt", "still.png", ".a_3.png")
    assert [found.label for found in sequences_in(tmp_path)] == ["a_####.exr", "a_####.png", "b_####.png"]


def test_a_gap_is_refused_held_or_black(tmp_path: Path) -> None:
    (found,) = sequences_in(touch(tmp_path, "a_2.png", "a_3.png", "a_6.png"))
    assert found.gaps == (4, 5)
    assert found.path(5, "hold") == tmp_path / "a_3.png"
    assert found.path(1, "hold") == tmp_path / "a_2.png"
    assert found.path(5, "black") is None
    with pytest.raises(FootageError, match=r"a_####\.png has no number 5\."):
        found.path(5, "error")


def test_one_number_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="the same number"):
        sequences_in(touch(tmp_path, "a_01.png", "a_1.png"))


def test_a_picture_without_a_number_is_no_sequence(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="without a number"):
        sequence_of(touch(tmp_path, "still.png") / "still.png")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="There is no folder"):
        sequences_in(tmp_path / "nowhere")
