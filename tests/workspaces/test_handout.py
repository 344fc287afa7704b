"""Who may fetch which file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from pipeline.clip.probe import probe
from pipeline.errors import RefusedFile
from tests.workspaces.conftest import Upload, sent
from workspaces.home import LOCAL
from workspaces.rooms import Rooms
from workspaces.shots import take_in
from workspaces.tidy import clear_uploads

PICTURE = b"\x89PNG of nobody"


@pytest.fixture
def files(rooms: Rooms, upload: Upload, clip: Path) -> dict[str, Path]:
    """One file of each sort that is Ann's, and one that is everyone's."""
    exchange, sample = rooms.exchange, rooms.exchange.samples / "plate.mp4"
    sample.parent.mkdir()
    sample.write_bytes(b"sample")
    arrived = exchange.received("ann", upload("ann", clip, "walk.mp4"))
    plate = take_in(rooms.home, "ann", arrived, probe(arrived), "walk.mp4").plate
    return {
        "plate": plate,
        "record": plate.with_name("shot.json"),
        "picture": exchange.give_bytes("ann", PICTURE, ".png"),
        "delivery": exchange.give("ann", plate),
        "upload": upload("ann", clip, "other.mp4"),
        "sample": sample,
    }


def test_everything_is_its_owners_alone_but_the_samples(rooms: Rooms, files: dict[str, Path]) -> None:
    for name, path in files.items():
        assert rooms.exchange.may_read("ann", path), name
        assert rooms.exchange.may_read("bob", path) == (name == "sample"), name
        assert rooms.exchange.may_read("local", path) == (name == "sample"), name


@pytest.mark.parametrize("owner", ["", "..", "ann/..", "../ann", "ann\0"])
def test_an_owner_who_is_none_may_read_nothing(rooms: Rooms, files: dict[str, Path], owner: str) -> None:
    assert not any(rooms.exchange.may_read(owner, path) for path in files.values())


def test_no_way_leads_out_of_the_workspace(rooms: Rooms, files: dict[str, Path], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    workspace = rooms.home.workspace("bob")
    workspace.mkdir(parents=True)
    (workspace / "link").symlink_to(secret)
    (workspace / "folder").symlink_to(files["plate"].parent, target_is_directory=True)
    climbing = workspace / ".." / "ann" / files["plate"].relative_to(rooms.home.workspace("ann"))
    ways = [secret, workspace / "link", workspace / "folder" / "plate.mp4", climbing, workspace, rooms.home.folder]
    ways += [Path("/etc/passwd"), Path("/proc/self/environ"), Path("nowhere"), Path("\0"), Path("")]
    ways += [rooms.home.uploads / "given" / "bob" / ".." / "ann" / files["picture"].name]
    assert [way for way in ways if rooms.exchange.may_read("bob", way)] == []


def test_a_way_into_the_workspace_counts_as_what_it_leads_to(rooms: Rooms, files: dict[str, Path]) -> None:
    """As the links do that the upgrade of a home leaves behind."""
    old = rooms.home.folder / "renders"
    old.symlink_to(files["plate"].parent, target_is_directory=True)
    assert rooms.exchange.may_read("ann", old / "plate.mp4") and not rooms.exchange.may_read("bob", old / "plate.mp4")


def test_uploads_cannot_be_placed_among_what_is_given(rooms: Rooms, tmp_path: Path) -> None:
    """The server names the folder of an upload by its content; whatever else claims to be one is not noted as one."""
    for place in (rooms.home.uploads / "given" / "x.png", rooms.home.uploads / "x.png", tmp_path / "x.png"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
        with pytest.raises(RefusedFile, match="did not arrive"):
            rooms.exchange.note_received("bob", place)
        assert not rooms.exchange.may_read("bob", place)


def test_a_link_is_no_upload(rooms: Rooms, tmp_path: Path) -> None:
    folder = rooms.home.uploads / ("0" * 64)
    folder.mkdir(parents=True)
    (folder / "a.mp4").symlink_to(tmp_path)
    with pytest.raises(RefusedFile, match="did not arrive"):
        rooms.exchange.note_received("ann", folder / "a.mp4")


def test_a_file_that_changed_is_given_anew(rooms: Rooms, tmp_path: Path) -> None:
    zip_file = tmp_path / "mattes.zip"
    zip_file.write_bytes(b"one")
    first = rooms.exchange.give("ann", zip_file)
    assert rooms.exchange.give("ann", zip_file) == first
    zip_file.unlink()
    zip_file.write_bytes(b"two, and longer")
    second = rooms.exchange.give("ann", zip_file)
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two, and longer")


def test_what_was_left_over_is_cleared_away_and_nothing_else(
    rooms: Rooms, upload: Upload, files: dict[str, Path], clip: Path
) -> None:
    (rooms.home.workspace("ann") / ".new-broken").mkdir()
    link = rooms.home.uploads / "0123" / "of-version-1.mp4"
    link.parent.mkdir()
    link.symlink_to(files["plate"])
    assert rooms.clear_uploads() == 0, "everything is new"
    old = time.time() - 3 * 86_400
    os.utime(rooms.home.workspace("ann") / ".new-broken", (old, old))
    assert clear_uploads(rooms.home, time.time() + 1) > 0
    left = {path for path in files.values() if path.exists()}
    assert left == {files["plate"], files["record"], files["sample"]}
    assert link.resolve() == files["plate"], "jobs of an older version know the plate by this name"
    assert not [*rooms.home.workspace("ann").glob(".new-*")]


def test_the_same_content_sent_again_at_the_same_moment_arrives(rooms: Rooms, clip: Path) -> None:
    """The server puts the second one in the place of the first while that gets its name, which Linux may refuse."""
    path, done = sent(rooms, clip, "background.png"), Event()

    def send(name: str) -> None:
        while not done.is_set():
            path.with_name(name).touch()
            path.with_name(name).replace(path)

    senders = [Thread(target=send, args=(name,)) for name in ("one", "two")]
    for sender in senders:
        sender.start()
    try:
        for _ in range(3000):
            rooms.exchange.note_received(LOCAL, path)
    finally:
        done.set()
        for sender in senders:
            sender.join()
    assert rooms.exchange.received(LOCAL, path).is_file()
