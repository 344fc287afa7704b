"""Picture sequences that are handed in: they become a shot, asked for what they do not say; hostile ones stay out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from pipeline.clip.exr import write_parts
from pipeline.clip.read import read_frame
from pipeline.clip.shot import Shot
from pipeline.clip.still import encode_png
from pipeline.errors import FootageError, OverQuota, PhotoplayError, RefusedFile
from pipeline.recipe.footage import Footage
from tests.footage import number_in, numbered
from tests.workspaces.conftest import Upload
from verbs.attachments import Attachments
from workspaces.record import read_record
from workspaces.rooms import Rooms
from workspaces.sequences import Arrived

HandIn = Callable[[str, Iterable[Path]], "Shot | Arrived"]


@pytest.fixture
def hand_in(rooms: Rooms, upload: Upload) -> HandIn:
    def given(owner: str, files: Iterable[Path]) -> Shot | Arrived:
        return rooms.hand_in(owner, [upload(owner, file, file.name) for file in files])

    return given


def pictures(folder: Path, numbers: Iterable[int], suffix: str = ".png") -> list[Path]:
    """Frames of 128x96 that show their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"Walk_{number:04d}{suffix}" for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        path.write_bytes(encode_png(numbered(number)))
    return paths


def zipped(path: Path, files: Iterable[Path], folder: str = "") -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"{folder}{file.name}")
    return path


def waiting(got: Shot | Arrived) -> Arrived:
    assert isinstance(got, Arrived)
    return got


def files_of(rooms: Rooms) -> list[Path]:
    """Every file of the home but the notes about files."""
    found = (path for path in rooms.home.folder.rglob("*") if path.is_file())
    return [path for path in found if not path.is_relative_to(rooms.home.facts)]


def test_pictures_wait_for_their_rate_and_become_a_shot(rooms: Rooms, hand_in: HandIn, tmp_path: Path) -> None:
    arrived = waiting(hand_in("ann", pictures(tmp_path / "in", range(11, 17))))
    assert (arrived.label, arrived.count, arrived.first, arrived.last) == ("Walk_####.png", 6, 11, 16)
    assert arrived.rate is None and arrived.gaps == () and rooms.shots("ann") == []
    shot = rooms.open_arrived("ann", arrived, Footage(rate="23.976"))
    assert (shot.name, len(shot.frames), shot.rate) == ("Walk", 6, Fraction(24000, 1001))
    assert number_in(read_frame(shot, 2).pixels) == 13
    (kept,) = rooms.shots("ann")
    assert kept.plate == shot.plate and read_record(kept.path).original == "Walk_####.png"
    again = rooms.open_shot("ann", kept.id)
    assert (again.key, again.rate, again.name) == (shot.key, shot.rate, shot.name)
    assert not [*rooms.home.uploads.rglob("*.png")], "the uploads became the shot"
    rooms.check_shot("ann", shot)
    with pytest.raises(RefusedFile, match="no such shot"):
        rooms.check_shot("bob", shot)


@pytest.mark.parametrize(("choice", "shown"), [("hold", 12), ("black", 0)])
def test_missing_frames_are_named_and_become_what_is_chosen(
    rooms: Rooms, hand_in: HandIn, tmp_path: Path, choice: str, shown: int
) -> None:
    arrived = waiting(hand_in("ann", [zipped(tmp_path / "walk.zip", pictures(tmp_path / "in", [11, 12, 14, 16]))]))
    assert arrived.gaps == (13, 15)
    with pytest.raises(FootageError, match=r"has no number 13\. .*hold or black"):
        rooms.open_arrived("ann", arrived, Footage(rate="24"))
    shot = rooms.open_arrived("ann", arrived, Footage(rate="24", missing=choice))  # pyright: ignore[reportArgumentType]
    assert len(shot.frames) == 6 and number_in(read_frame(shot, 2).pixels) == shown
    (kept,) = rooms.shots("ann")
    assert rooms.open_shot("ann", kept.id).key == shot.key
    with pytest.raises(RefusedFile, match="no longer there"):
        rooms.open_arrived("ann", arrived, Footage(rate="24"))


def test_a_shot_is_read_at_another_rate_and_with_other_frames_in_its_gaps(
    rooms: Rooms, hand_in: HandIn, tmp_path: Path
) -> None:
    arrived = waiting(hand_in("ann", pictures(tmp_path / "in", [11, 12, 14, 16])))
    first = rooms.open_arrived("ann", arrived, Footage(rate="24", missing="hold"))
    attachments, (kept,) = Attachments(rooms, lambda owner: []), rooms.shots("ann")
    faster = attachments.read_sequence("ann", first, Footage(rate="25", missing="hold"))
    assert (faster.rate, faster.key) == (Fraction(25), first.key), "the same frames"
    black = attachments.read_sequence("ann", faster, Footage(rate="25", missing="black"))
    assert number_in(read_frame(black, 2).pixels) == 0 and black.key != first.key
    for shot in (rooms.open_shot("ann", kept.id), rooms.as_kept("ann", first), rooms.as_kept("ann", black)):
        assert (shot.key, shot.rate, shot.footage.missing) == (black.key, Fraction(25), "black")
    assert rooms.new_version("ann", black).parent == kept.path
    with pytest.raises(FootageError, match="has no number 13"):
        attachments.read_sequence("ann", black, Footage(rate="25"))
    with pytest.raises(RefusedFile, match="no such shot"):
        attachments.read_sequence("bob", black, Footage(rate="12", missing="hold"))
    assert rooms.open_shot("ann", kept.id).key == black.key, "what is refused changes nothing"


def test_a_clip_keeps_its_rate(rooms: Rooms, hand_in: HandIn, clip: Path) -> None:
    shot = hand_in("ann", [clip])
    assert isinstance(shot, Shot)
    with pytest.raises(FootageError, match="its rate is in the file"):
        Attachments(rooms, lambda owner: []).read_sequence("ann", shot, Footage(rate="25"))


def test_files_that_say_everything_are_a_shot_at_once(rooms: Rooms, hand_in: HandIn, tmp_path: Path) -> None:
    planes = np.full((96, 128), 0.5, np.float16)
    for number in (1, 2, 3):
        write_parts(tmp_path / f"a{number}.exr", {"": dict.fromkeys("RGB", planes)}, Fraction(25))
    shot = hand_in("ann", sorted(tmp_path.glob("a*.exr")))
    assert isinstance(shot, Shot) and (shot.rate, len(shot.frames)) == (Fraction(25), 3)
    assert shot.colour_space == "linear"


def test_a_zip_keeps_nothing_of_what_systems_put_into_it(rooms: Rooms, hand_in: HandIn, tmp_path: Path) -> None:
    made = zipped(tmp_path / "walk.zip", pictures(tmp_path / "in", range(3)), "walk/")
    with ZipFile(made, "a") as archive:
        archive.writestr("__MACOSX/walk/._Walk_0000.png", b"\0\5\26\7")
        archive.writestr("walk/.DS_Store", b"Bud1")
    shot = rooms.open_arrived("ann", waiting(hand_in("ann", [made])), Footage(rate="24"))
    assert len(shot.frames) == 3
    assert sorted(path.name for path in shot.plate.parent.iterdir()) == [f"Walk_000{n}.png" for n in range(3)]


def test_a_clip_is_still_a_clip(hand_in: HandIn, clip: Path) -> None:
    shot = hand_in("ann", [clip])
    assert isinstance(shot, Shot) and shot.pictures is None and shot.plate.name == "plate.mp4"


def broken(folder: Path) -> list[Path]:
    """A picture whose header is sound and whose pixels are not."""
    paths = pictures(folder, range(3))
    data = paths[1].read_bytes()
    paths[1].write_bytes(data[: len(data) // 2])
    return paths


def hostile(folder: Path) -> list[Path]:
    folder.mkdir()
    with ZipFile(folder / "out.zip", "w") as archive:
        archive.writestr("../../Walk_0001.png", encode_png(numbered(1)))
    return [folder / "out.zip"]


def bomb(folder: Path) -> list[Path]:
    folder.mkdir()
    with ZipFile(folder / "bomb.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("Walk_0001.png", encode_png(numbered(1)) + bytes(20_000_000))
    return [folder / "bomb.zip"]


def letter(folder: Path) -> list[Path]:
    paths = pictures(folder, range(2))
    (folder / "Walk_0002.png").write_text("Dear studio")
    return [*paths, folder / "Walk_0002.png"]


def two(folder: Path) -> list[Path]:
    return [*pictures(folder, range(2)), *pictures(folder, range(2), ".PNG")]


def unnumbered(folder: Path) -> list[Path]:
    return [path.rename(folder / "still.png") for path in pictures(folder, [1])]


def disguised(folder: Path) -> list[Path]:
    return [path.rename(path.with_suffix(".exr")) for path in pictures(folder, range(2))]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (broken, "Walk_0001.png is damaged"),
        (hostile, "outside its folder"),
        (bomb, "swell to many times its size"),
        (letter, "none of the kinds of file"),
        (two, r"2 sequences: Walk_####\.(PNG|png), Walk"),
        (unnumbered, "no numbered pictures"),
        (disguised, "Walk_0000.exr is not an EXR file"),
    ],
)
def test_what_is_refused_leaves_nothing(
    rooms: Rooms, hand_in: HandIn, tmp_path: Path, make: Callable[[Path], list[Path]], words: str
) -> None:
    with pytest.raises(PhotoplayError, match=words):
        hand_in("ann", make(tmp_path / "in"))
    assert files_of(rooms) == [] and rooms.shots("ann") == []
    assert [*rooms.home.workspace("ann").iterdir()] == []


def test_room_and_length_are_kept_to(rooms: Rooms, tmp_path: Path, upload: Upload) -> None:
    files = pictures(tmp_path / "in", [1, 2, 3])
    rooms.home.folder.mkdir(exist_ok=True)
    packed = zipped(tmp_path / "walk.zip", files)
    size = packed.stat().st_size + sum(file.stat().st_size for file in files)
    for text, words in (
        (f"workspace_gigabytes = {(size - 10) / 1e9}", "are left"),
        ("frames = 2", "2 frames may be"),
        ("archive_files = 2", "more files than a zip may hold"),
    ):
        rooms.home.limits.write_text(text)
        small = Rooms(rooms.home, rooms.exchange.samples)
        with pytest.raises((OverQuota, RefusedFile), match=words):
            small.hand_in("ann", [upload("ann", packed, "walk.zip")])
    rooms.home.limits.write_text("seconds = 1")
    small = Rooms(rooms.home, rooms.exchange.samples)
    arrived = waiting(small.hand_in("ann", [upload("ann", packed, "walk.zip")]))
    with pytest.raises(RefusedFile, match="longer than 1 s"):
        small.open_arrived("ann", arrived, Footage(rate="2"))
    shot = small.open_arrived("ann", arrived, Footage(rate="24"))
    with pytest.raises(RefusedFile, match="longer than 1 s"):
        Attachments(small, lambda owner: []).read_sequence("ann", shot, Footage(rate="2"))


def test_nobody_opens_what_somebody_else_has_sent(
    rooms: Rooms, hand_in: HandIn, upload: Upload, tmp_path: Path
) -> None:
    files = pictures(tmp_path / "in", range(2))
    arrived = waiting(hand_in("ann", files))
    with pytest.raises(RefusedFile, match="no longer there"):
        rooms.open_arrived("bob", arrived, Footage(rate="24"))
    path = upload("ann", files[0], files[0].name)
    with pytest.raises(RefusedFile, match="no longer there"):
        rooms.hand_in("bob", [path])
    for name in ("../ann", ".new-", "walk-1"):
        with pytest.raises(RefusedFile, match="no longer there"):
            rooms.open_arrived("ann", Arrived(name, "", 1, 1, 1, (), None), Footage(rate="24"))
