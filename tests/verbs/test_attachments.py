"""What is kept with a shot: the engine's passes, uploaded or by their folder, and cuts set by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, RefusedFile
from pipeline.motion.cuts import CutStore
from tests.clip.engine import Export, write_depth, write_ids, write_motion, write_plate
from ui.tabs.shot.passes import NO_PASSES, report_of
from verbs.attachments import Attachments
from workspaces.home import LOCAL, Home
from workspaces.rooms import Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(Home(tmp_path / "home"), tmp_path / "samples")


@pytest.fixture
def used() -> list[Path]:
    """The folders of passes that unfinished renders read."""
    return []


@pytest.fixture
def attachments(rooms: Rooms, used: list[Path]) -> Attachments:
    return Attachments(rooms, lambda owner: used)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's folder: motion, depth, object ids and their names, and a plate."""
    folder = tmp_path_factory.mktemp("scene")
    write_ids(write_depth(write_motion(folder / "aov")))
    names = {"objects": [{"name": "Box", "colour": [0, 0, 7]}, {"name": "Wall", "colour": [0, 0, 1]}]}
    (folder / "aov" / "ids.json").write_text(json.dumps(names))
    write_plate(folder / "plate")
    return folder


@pytest.fixture
def shot(made: Path) -> Shot:
    return probe(made / "plate")


Send = Callable[[Iterable[Path]], list[Path]]


@pytest.fixture
def send(rooms: Rooms) -> Send:
    def sent(files: Iterable[Path]) -> list[Path]:
        paths = list[Path]()
        for file in files:
            folder = rooms.home.uploads / hashlib.sha256(file.read_bytes()).hexdigest()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file.name).write_bytes(file.read_bytes())
            rooms.exchange.note_received(LOCAL, folder / file.name)
            paths.append(folder / file.name)
        return paths

    return sent


def packed(path: Path, files: Iterable[Path], inside: str = "") -> Path:
    with ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, f"{inside}{file.name}")
    return path


def kinds(shot: Shot) -> list[str]:
    return [] if shot.rendered is None else sorted(shot.rendered.kinds)


def test_passes_are_kept_with_the_shot_shown_and_removed(
    rooms: Rooms, attachments: Attachments, shot: Shot, made: Path, send: Send, tmp_path: Path
) -> None:
    zipped = packed(tmp_path / "aov.zip", sorted((made / "aov").iterdir()), "Recordings/")
    with_passes = attachments.add_passes(LOCAL, shot, send([zipped]), {})
    assert kinds(with_passes) == ["depth", "motion", "object_id"] and with_passes.key == shot.key
    (kept,) = rooms.shots(LOCAL)
    assert kinds(rooms.open_shot(LOCAL, kept.id)) == kinds(with_passes)
    assert kinds(rooms.as_kept(LOCAL, shot)) == kinds(with_passes)
    report = attachments.report(with_passes)
    assert report is not None and report.regions == ("Wall", "Box") and report.unused == ()
    assert report.trials[0][1] < 0.7 * report.still
    told = report_of(report)
    assert "Shot01_MotionVectors_####.exr" in told and "12 frames, numbers 1-12" in told and "as the plate" in told
    assert "R &gt; 0 is right, G &gt; 0 is up, from the frame before" in told
    assert "Regions for a pass: Wall, Box" in told
    without = attachments.remove_passes(LOCAL, with_passes)
    assert without.rendered is None and without.notes == shot.notes
    assert [path.name for path in kept.path.iterdir()] == ["shot.json"], "nothing of them takes room any more"
    assert report_of(attachments.report(without)) == NO_PASSES


def test_more_files_join_those_that_are_there_and_replace_those_of_their_name(
    attachments: Attachments, shot: Shot, made: Path, send: Send, tmp_path: Path
) -> None:
    depth = sorted((made / "aov").glob("*Depth*"))
    first = attachments.add_passes(LOCAL, shot, send(depth), {})
    assert kinds(first) == ["depth"]
    second = attachments.add_passes(LOCAL, first, send(sorted((made / "aov").glob("*ObjectId*"))), {})
    assert kinds(second) == ["depth", "object_id"]
    farther = write_depth(tmp_path / "farther", spoil=lambda metres: metres + 3)
    third = attachments.add_passes(LOCAL, second, send(sorted(farther.iterdir())), {})
    assert first.rendered and second.rendered and third.rendered
    label = "Shot01_Depth_####.exr"
    assert first.rendered.keys[label] == second.rendered.keys[label] != third.rendered.keys[label]
    assert not first.rendered.passes.folder.exists() and not second.rendered.passes.folder.exists()


def test_passes_that_a_render_still_reads_stay_until_it_ends(
    attachments: Attachments, shot: Shot, made: Path, send: Send, used: list[Path]
) -> None:
    depth = sorted((made / "aov").glob("*Depth*"))
    added = attachments.add_passes(LOCAL, shot, send(depth), {})
    assert added.rendered is not None
    used.append(added.rendered.passes.folder)
    attachments.remove_passes(LOCAL, added)
    assert used[0].is_dir()
    again = attachments.add_passes(LOCAL, shot, send(depth), {})
    assert again.rendered is not None and again.rendered.passes.folder == used[0], "the same passes, the same place"
    used.clear()
    attachments.remove_passes(LOCAL, again)
    assert not again.rendered.passes.folder.exists()


def test_what_does_not_fit_is_refused_and_changes_nothing(
    rooms: Rooms, attachments: Attachments, shot: Shot, made: Path, send: Send, tmp_path: Path
) -> None:
    kept = attachments.add_passes(LOCAL, shot, send(sorted((made / "aov").glob("*Depth*"))), {})
    short = write_motion(tmp_path / "short", Export(unit=2.0))
    late = write_ids(tmp_path / "late", Export(first=50))
    letter = tmp_path / "Shot01_Depth_0001.png"
    letter.write_text("Dear studio")
    deep = tmp_path / "ids.json"
    deep.write_text("[" * 100_000)
    for files, words in (
        (sorted(short.iterdir()), "do not fit the plate"),
        (sorted(late.iterdir()), "the plate has 12 frames"),
        ([letter], "none of the kinds of file"),
        ([deep], "is not JSON"),
    ):
        with pytest.raises((FootageError, RefusedFile), match=words):
            attachments.add_passes(LOCAL, kept, send(files), {})
        assert kinds(rooms.as_kept(LOCAL, shot)) == ["depth"]
    assert not [*rooms.home.workspace(LOCAL).glob(".new-*")]


def test_settings_say_how_passes_are_read(
    rooms: Rooms, attachments: Attachments, shot: Shot, send: Send, tmp_path: Path
) -> None:
    late = write_depth(tmp_path / "late", Export(first=50))
    read = {"first_number": "50", "depth": "metres", "missing": "black"}
    added = attachments.add_passes(LOCAL, shot, send(sorted(late.iterdir())), read)
    assert added.rendered is not None and added.rendered.first == 50
    assert rooms.as_kept(LOCAL, shot).footage.depth == "metres"
    assert added.footage.missing == "error" and added.key == shot.key, "the plate's own policy is settled"
    assert attachments.remove_passes(LOCAL, added).footage == shot.footage


def test_a_folder_of_this_machine_is_for_who_sits_at_it(
    rooms: Rooms, attachments: Attachments, shot: Shot, made: Path, tmp_path: Path
) -> None:
    aov = tmp_path / "aov"
    write_depth(aov)
    given = attachments.give_passes(LOCAL, shot, aov, {})
    assert given.rendered is not None and given.rendered.passes.folder == aov
    assert kinds(rooms.as_kept(LOCAL, shot)) == ["depth"]
    with pytest.raises(RefusedFile, match="Only whoever sits at this machine"):
        attachments.give_passes("ann", shot, aov, {})
    with pytest.raises(RefusedFile, match="no such shot"):
        attachments.add_passes("ann", shot, [], {})
    aov.rename(tmp_path / "moved")
    reopened = rooms.as_kept(LOCAL, shot)
    assert reopened.rendered is None and "are gone from" in reopened.notes[-1]


def test_cuts_set_by_hand_are_kept_with_the_shot(interview: Path, looked_at: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.cache.parent.mkdir()
    home.cache.symlink_to(looked_at)
    rooms = Rooms(home, interview.parent.parent)
    attachments, shot = Attachments(rooms, lambda owner: []), probe(interview)
    cut = attachments.set_cut("ann", shot, 30, there=True)
    assert CutStore.of(cut, looked_at).cuts().starts == (30, 64) and cut.key == shot.key
    moved = attachments.set_cut("ann", cut, 64, there=False)
    (kept,) = rooms.shots("ann")
    assert CutStore.of(rooms.open_shot("ann", kept.id), looked_at).cuts().starts == (30,)
    assert rooms.as_kept("bob", shot) == shot, "everybody has their own"
    back = attachments.set_cut("ann", attachments.set_cut("ann", moved, 64, there=True), 30, there=False)
    assert back.footage == shot.footage and rooms.as_kept("ann", shot).footage == shot.footage
    for frame in (0, 116):
        with pytest.raises(FootageError, match=rf"No cut can be set at frame {frame}\. Choose one of 1-115"):
            attachments.set_cut("ann", shot, frame, there=True)
    with pytest.raises(RefusedFile, match="no such shot"):
        attachments.set_cut("ann", replace(shot, plate=tmp_path / "other.mp4"), 30, there=True)


def test_a_page_can_tell_whether_its_shot_has_changed(
    rooms: Rooms, attachments: Attachments, shot: Shot, made: Path, send: Send
) -> None:
    """By its hash, as Gradio does with everything that a page remembers."""
    added = attachments.add_passes(LOCAL, shot, send(sorted((made / "aov").glob("*Depth*"))), {})
    more = attachments.add_passes(LOCAL, added, send(sorted((made / "aov").glob("*ObjectId*"))), {})
    cut = replace(more, footage=more.footage.with_cut(5, ()))
    assert len({hash(each) for each in (shot, added, more, cut)}) == 4
    assert hash(rooms.as_kept(LOCAL, shot)) == hash(more)
