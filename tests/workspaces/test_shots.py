"""Shots of an owner: uploads become shots, nobody's meet another's, and versions count on."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from pipeline.clip.probe import probe
from pipeline.errors import FootageError, OutputError, OverQuota, RefusedFile
from tests.workspaces.conftest import Upload, sent
from workspaces.record import read_record
from workspaces.rooms import Rooms
from workspaces.shots import next_version


def test_an_upload_becomes_a_shot_and_is_not_copied(rooms: Rooms, upload: Upload, clip: Path) -> None:
    path = upload("ann", clip, "walk 3.MP4")
    inode = path.stat().st_ino
    shot = rooms.receive("ann", path, "walk 3.MP4")
    assert shot.name == "walk 3" and len(shot.frames) == 6
    assert shot.plate.name == "plate.mp4" and shot.plate.stat().st_ino == inode
    assert shot.plate.parent.parent == rooms.home.workspace("ann") and shot.plate.parent.name.startswith("walk_3-")
    assert not path.exists() and not [*rooms.home.uploads.rglob("*.MP4")]
    (kept,) = rooms.shots("ann")
    assert (kept.plate, kept.record.key, kept.record.original) == (shot.plate, shot.key, "walk 3.MP4")
    again = rooms.open_shot("ann", kept.id)
    assert (again.name, again.key, again.frames) == (shot.name, shot.key, shot.frames)


def test_two_people_with_the_same_file_never_meet(rooms: Rooms, upload: Upload, clip: Path) -> None:
    """Not even when their uploads of one name and content arrive at the same moment, at the same place."""
    paths = [upload(owner, clip, "walk.mp4") for owner in ("ann", "bob")]
    assert paths[0] == paths[1]
    shots = {owner: rooms.receive(owner, paths[0], "walk.mp4") for owner in ("ann", "bob")}
    assert shots["ann"].plate != shots["bob"].plate
    (hers,) = rooms.shots("ann")
    assert [kept.plate for kept in rooms.shots("bob")] == [shots["bob"].plate]
    with pytest.raises(FootageError, match="no such shot"):
        rooms.open_shot("bob", hers.id)
    with pytest.raises(FootageError, match="no such shot"):
        rooms.remove_shot("bob", hers.id)
    with pytest.raises(RefusedFile, match="no such shot"):
        rooms.check_shot("bob", shots["ann"])
    rooms.check_shot("ann", shots["ann"])


def test_anothers_upload_cannot_be_taken(rooms: Rooms, upload: Upload, clip: Path) -> None:
    path = upload("ann", clip, "walk.mp4")
    for file in (path, clip, rooms.home.folder / "users" / "ann"):
        with pytest.raises(RefusedFile, match="no longer there"):
            rooms.receive("bob", file, "walk.mp4")
    assert rooms.receive("ann", path, "walk.mp4").plate.exists()


def test_what_is_refused_is_gone(rooms: Rooms, upload: Upload, tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("Dear studio")
    path = upload("ann", letter, "letter.mp4")
    with pytest.raises(RefusedFile, match=r"letter\.mp4 is none of the kinds"):
        rooms.receive("ann", path, "letter.mp4")
    assert not rooms.shots("ann") and not [file for file in rooms.home.folder.rglob("*") if file.is_file()]


def test_a_picture_is_not_a_shot(rooms: Rooms, upload: Upload) -> None:
    picture = Path(__file__).parents[2] / "docs" / "before-after.png"
    with pytest.raises(RefusedFile, match=r"still\.mp4 is not a video"):
        rooms.receive("ann", upload("ann", picture, "still.mp4"), "still.mp4")


def test_a_record_that_cannot_be_read_hides_no_other_shot(rooms: Rooms, upload: Upload, clip: Path) -> None:
    shot = rooms.receive("ann", upload("ann", clip, "walk.mp4"), "walk.mp4")
    for name, text in (("broken-1", "{"), ("broken-2", '{"schema": 99}'), ("broken-3", "[]")):
        (shot.plate.parents[1] / name).mkdir()
        (shot.plate.parents[1] / name / "shot.json").write_text(text)
    assert [kept.plate for kept in rooms.shots("ann")] == [shot.plate]
    with pytest.raises(OutputError, match="newer Photoplay"):
        read_record(shot.plate.parents[1] / "broken-2")


def test_a_clip_outside_keeps_its_place_and_has_one_folder(rooms: Rooms, clip: Path) -> None:
    shot = probe(clip)
    first, second = rooms.new_version("local", shot), rooms.new_version("local", shot)
    assert first.parent == second.parent and (first.name, second.name) == ("v001", "v002")
    (kept,) = rooms.shots("local")
    assert kept.plate == clip and kept.path == first.parent
    assert rooms.new_version("ann", shot).parent != first.parent


def test_a_deleted_shot_leaves_nothing(rooms: Rooms, upload: Upload, clip: Path) -> None:
    rooms.receive("ann", upload("ann", clip, "walk.mp4"), "walk.mp4")
    (kept,) = rooms.shots("ann")
    next_version(kept.path)
    rooms.remove_shot("ann", kept.id)
    assert rooms.shots("ann") == [] and not [*rooms.home.workspace("ann").iterdir()]


def test_versions_count_on_from_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "v003").mkdir()
    (tmp_path / "vacation").mkdir()
    (tmp_path / "v²").mkdir()
    assert [next_version(tmp_path).name for _ in range(2)] == ["v004", "v005"]


def test_no_two_callers_get_the_same_version(tmp_path: Path) -> None:
    got: list[str] = []
    callers = [Thread(target=lambda: got.append(next_version(tmp_path).name)) for _ in range(16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(got) == [f"v{number:03d}" for number in range(1, 17)]


def test_room_is_counted_and_kept_to(rooms: Rooms, upload: Upload, clip: Path) -> None:
    (rooms.home.folder).mkdir()
    size = clip.stat().st_size
    rooms.home.limits.write_text(f"workspace_gigabytes = {2.5 * size / 1e9}\nwaiting_jobs = 3\n")
    small = Rooms(rooms.home, rooms.exchange.samples)
    small.quota.check_upload("ann", size)
    small.receive("ann", upload("ann", clip, "walk.mp4"), "walk.mp4")
    assert size <= small.usage("ann").used < size + 1000
    upload("ann", clip, "again.mp4")
    with pytest.raises(OverQuota, match=r"are left\. Delete versions or shots"):
        small.quota.check_upload("ann", size)
    small.quota.check_upload("bob", size)
    small.quota.check_job("ann", 2)
    with pytest.raises(OverQuota, match="3 jobs in line"):
        small.quota.check_job("ann", 3)


def test_a_file_that_is_too_large_is_refused_before_it_arrives(rooms: Rooms) -> None:
    with pytest.raises(OverQuota, match=r"The file has 9 GB; 8 GB may be handed in at once"):
        rooms.quota.check_upload("ann", 9_000_000_000)


def test_an_upload_that_nobody_owns_is_nobodys(rooms: Rooms, clip: Path) -> None:
    path = sent(rooms, clip, "walk.mp4")
    assert not any(rooms.exchange.may_read(owner, path) for owner in ("ann", "local"))
