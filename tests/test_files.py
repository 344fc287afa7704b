"""Files that are whole or not there: their names, and one look at all frames of a folder."""

from __future__ import annotations

import errno
import os
import threading
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import NotWritable, OutputError
from pipeline.files import LITTLE, PART, atomic, behind, explained, frames_in, part_of, put_in_place
from pipeline.keys import Key
from pipeline.stage import FrameStore


def test_one_look_finds_the_frames_that_are_finished_and_nothing_else(tmp_path: Path) -> None:
    store = FrameStore(tmp_path, Key("ab" * 32), ".png")
    assert store.finished() == frozenset()
    for frame in (3, 12, 1_234_567):
        store.write(frame, b"picture")
    part_of(store.path(4)).write_bytes(b"half")
    for name in ("000005.txt", "contact.png", "000006.png.txt"):
        (store.folder / name).write_bytes(b"")
    assert store.finished() == {3, 12, 1_234_567}
    assert all(store.has(frame) for frame in store.finished())
    assert frames_in(store.folder, ".txt") == {5}


def test_a_file_gets_its_name_only_when_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events, sync, replace = list[str](), os.fsync, os.replace

    def noted_sync(descriptor: int) -> None:
        events.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        sync(descriptor)

    def noted_replace(source: Path, target: Path) -> None:
        events.append(f"rename {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    (tmp_path / "state.part").write_bytes(b"new")
    put_in_place(tmp_path / "state.part", tmp_path / "state.pt")
    assert events == ["sync state.part", "rename state.pt", f"sync {tmp_path.name}"]
    with atomic(tmp_path / "frame.png") as part:
        assert PART.fullmatch(part.name)
        part.write_bytes(b"picture")
    assert events[3:] == [f"sync {part.name}", "rename frame.png", f"sync {tmp_path.name}"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_refusal_that_may_pass_names_the_place_and_the_room_to_wait_for(tmp_path: Path, code: int) -> None:
    with pytest.raises(NotWritable) as refused, explained(tmp_path / "000001.png"):
        raise OSError(code, os.strerror(code))
    assert (refused.value.place, refused.value.need) == (tmp_path / "000001.png", LITTLE)
    assert refused.value.hint


def test_a_file_in_the_place_of_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as refused, atomic(tmp_path / "file" / "000001.png"):
        pass
    assert not isinstance(refused.value, NotWritable)


def test_work_that_is_handed_on_is_done_in_order_and_by_the_end_of_the_block() -> None:
    done, threads = list[int](), set[int]()

    def piece(number: int) -> None:
        threads.add(threading.get_ident())
        done.append(number)

    with behind() as hand:
        for number in range(20):
            hand(partial(piece, number))
            assert len(done) >= number, "no more than one piece waits"
    assert done == list(range(20))
    assert threading.get_ident() not in threads


def test_what_goes_wrong_behind_is_raised_in_front() -> None:
    def fail() -> None:
        raise OutputError("The disk is full.")

    with pytest.raises(OutputError, match="full"), behind() as hand:
        hand(fail)
        hand(lambda: None)
    with pytest.raises(OutputError, match="full"), behind() as hand:
        hand(fail)
