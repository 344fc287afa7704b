"""Keys and the files under them."""

import errno
import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import OutputError, PhotoplayError
from pipeline.files import atomic, explained
from pipeline.frames import Box, FrameRange
from pipeline.keys import Key, key_of, key_of_file, key_of_folder
from pipeline.stage import FrameStore, Stage


def test_a_key_changes_with_everything_that_decides_and_with_nothing_else() -> None:
    base = key_of("pass", 1, {"steps": 25, "prompt": "film"}, [Key("a"), Key("b")])
    assert base == key_of("pass", 1, {"prompt": "film", "steps": 25}, [Key("a"), Key("b")])
    others = [
        key_of("body", 1, {"steps": 25, "prompt": "film"}, [Key("a"), Key("b")]),
        key_of("pass", 2, {"steps": 25, "prompt": "film"}, [Key("a"), Key("b")]),
        key_of("pass", 1, {"steps": 26, "prompt": "film"}, [Key("a"), Key("b")]),
        key_of("pass", 1, {"steps": 25, "prompt": "film"}, [Key("b"), Key("a")]),
    ]
    assert len({base, *others}) == 5


def test_file_and_folder_keys_follow_contents_and_names(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.bin").write_bytes(b"one")
    before = key_of_folder(tmp_path / "m")
    assert key_of_file(tmp_path / "m" / "a.bin") == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    (tmp_path / "m" / "a.bin").rename(tmp_path / "m" / "b.bin")
    assert key_of_folder(tmp_path / "m") != before


def test_a_store_holds_whole_files_only(tmp_path: Path) -> None:
    store = FrameStore(tmp_path, Stage("pass", 1, 0).key({}, ()), ".png")
    assert not store.has(3)
    store.write(3, b"picture")
    assert store.has(3)
    assert store.read(3) == b"picture"
    assert [p.name for p in store.path(3).parent.iterdir()] == ["000003.png"]


def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic(target) as part:
        part.write_text("new")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_and_a_forbidden_folder_are_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="disk is full"), atomic(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(OutputError, match="cannot be written"), explained(tmp_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    blocked = tmp_path / "file"
    blocked.write_text("")
    blocked.chmod(stat.S_IRUSR)
    with pytest.raises(OutputError, match="cannot be written"), atomic(blocked / "inside" / "a") as part:
        part.write_text("")


@pytest.mark.parametrize(
    ("text", "expected"), [("3-9", FrameRange(3, 9)), ("4", FrameRange(4, 4)), ("0-0", FrameRange(0, 0))]
)
def test_frame_ranges_are_read_as_written(text: str, expected: FrameRange) -> None:
    assert FrameRange.parse(text) == expected


@pytest.mark.parametrize("text", ["", "a-b", "9-3", "-3", "3-", "3--4"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(PhotoplayError):
        FrameRange.parse(text)


def test_batches_lie_on_the_absolute_grid() -> None:
    whole = [list(b) for b in FrameRange(5, 21).batches(8)]
    assert whole == [[5, 6, 7], list(range(8, 16)), list(range(16, 22))]
    assert [list(b) for b in FrameRange(9, 10).batches(8)] == [[9, 10]]


def test_boxes_clip_grow_and_cut() -> None:
    box = Box(-5, 10, 20, 20)
    assert box.clipped(100, 25) == Box(0, 10, 15, 15)
    assert box.grown(2) == Box(-7, 8, 24, 24)
    assert (box.right, box.bottom) == (15, 30)
