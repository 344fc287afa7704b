"""Pictures that are handed in: brought together in a folder of ours, read once in a cell, then a shot of their own."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from pipeline.clip.numbered import NumberedFiles, grouped
from pipeline.clip.pictures import stated_rate
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, RefusedFile
from pipeline.files import at_once, explained, sync
from pipeline.recipe.footage import Footage
from pipeline.unzip import is_litter, plain, unpack
from workspaces.home import Home
from workspaces.intake.door import check_file, check_frames
from workspaces.intake.kinds import kind_of
from workspaces.limits import Limits
from workspaces.names import TOKEN, display_name, unguessable
from workspaces.record import ShotRecord, write_record
from workspaces.shots import UNFINISHED, ShotFolder

PLATE = "plate"
"""The folder of a shot that its pictures lie in."""
WAITING = re.compile(rf"{re.escape(UNFINISHED)}[0-9a-f]+")
ONE_SEQUENCE = "Hand in the pictures of one sequence, numbered as in Shot_0001.png; engine passes are added afterwards."

CheckRoom = Callable[[int], None]
"""Raises OverQuota when there is no room for so many bytes more."""


@dataclass(frozen=True)
class Arrived:
    """Pictures that become a shot as soon as somebody says how they are read.

    id: of the folder they wait in. label: as an artist would name them. count: how many pictures. first, last: their
    numbers. gaps: the numbers in between that are missing. rate: frames a second, where the files say so.
    """

    id: str
    label: str
    count: int
    first: int
    last: int
    gaps: tuple[int, ...]
    rate: Fraction | None

    @property
    def settled(self) -> bool:
        """Whether nothing has to be asked."""
        return self.rate is not None and not self.gaps


@contextmanager
def staged(home: Home, owner: str) -> Generator[Path]:
    """A new folder for what is not finished, in the owner's workspace; it is cleared away when the block ends badly."""
    folder = home.workspace(owner) / f"{UNFINISHED}{secrets.token_hex(TOKEN)}"
    try:
        with explained(folder):
            folder.mkdir(parents=True)
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def bring_in(files: Sequence[Path], folder: Path, limits: Limits, check_room: CheckRoom) -> None:
    """Pictures, lists beside them, and zips of both, into a folder: moved or unpacked, and read once in a cell.

    Raises RefusedFile, FootageError, OverQuota, OutputError.
    """
    for file in files:
        kind = kind_of(file)
        if kind == "archive":
            check_file(file, limits)
            _unpack(file, folder, check_room)
        elif kind in ("picture", "list"):
            _move(file, folder)
        else:
            raise RefusedFile(f"{file.name} is no picture.", ONE_SEQUENCE)
    taken = sorted(path for path in folder.rglob("*") if path.is_file())
    check_frames(taken, limits)
    with explained(folder):
        at_once(sync, taken)


def arrive(folder: Path, files: Sequence[Path], limits: Limits, check_room: CheckRoom) -> Arrived:
    """The pictures of a sequence into a `staged` folder. Raises as `bring_in`, and for none or several sequences."""
    bring_in(files, folder / PLATE, limits, check_room)
    found = _sequence_in(folder)
    if found.last - found.first >= limits.frames:
        raise RefusedFile(
            f"{found.label} has the numbers {found.first} to {found.last}; {limits.frames} frames may be.",
            "Cut it into shots.",
        )
    rate = stated_rate(found)
    return Arrived(folder.name, found.label, len(found.files), found.first, found.last, found.gaps, rate)


def make_sequence(home: Home, owner: str, arrived_id: str, footage: Footage, limits: Limits) -> ShotFolder:
    """Make a shot of pictures that have arrived. They go on waiting when they are refused.

    Raises RefusedFile when nothing of this id waits or it is too long, FootageError, OutputError.
    """
    folder = home.workspace(owner) / arrived_id
    if not WAITING.fullmatch(arrived_id) or not folder.is_dir():
        raise RefusedFile("These pictures are no longer there.", "Drop them again.")
    found = _sequence_in(folder)
    shot = probe(found.files[found.first], footage)
    check_length(shot, limits)
    plate, called = str(shot.plate.relative_to(folder)), display_name(shot.name)
    record = ShotRecord(called, display_name(found.label), time.time(), shot.key, plate, footage=footage.stated)
    with explained(folder):
        write_record(folder, record)
        kept = folder.rename(folder.with_name(unguessable(record.name)))
        sync(kept.parent)
    return ShotFolder(kept, record)


def check_length(shot: Shot, limits: Limits) -> None:
    """Raise RefusedFile for a sequence that is too long at its rate."""
    if len(shot.frames) / shot.rate > limits.seconds:
        raise RefusedFile(f"{shot.name} is longer than {limits.seconds:g} s.", "Cut it into shots.")


def _sequence_in(folder: Path) -> NumberedFiles:
    found = grouped(sorted(path for path in (folder / PLATE).rglob("*") if path.is_file()))
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise FootageError("These are no numbered pictures.", ONE_SEQUENCE)
    names = ", ".join(sequence.label for sequence in found[:4])
    raise FootageError(f"These are {len(found)} sequences: {names}.", ONE_SEQUENCE)


def _unpack(file: Path, folder: Path, check_room: CheckRoom) -> None:
    """A zip that the door has looked at. Files of one folder go into one that is called as the zip."""
    with ZipFile(file) as packed:
        inside = [each for each in packed.infolist() if not each.is_dir() and not is_litter(each.filename)]
    check_room(sum(each.file_size for each in inside))
    single = len({PurePosixPath(each.filename).parent for each in inside}) == 1
    unpack(file, folder / plain(file.stem) if single else folder, _flat if single else _in_folders)


def _flat(number: int, name: PurePosixPath) -> Path:
    return Path(plain(name.name) or f"{number}")


def _in_folders(number: int, name: PurePosixPath) -> Path:
    """Passes are known by their folder too; only the innermost counts."""
    return Path(plain(name.parent.name)) / _flat(number, name)


def _move(file: Path, folder: Path) -> None:
    path = folder / (plain(file.name) or "picture")
    if path.exists():
        raise RefusedFile(f"Two of the files are called {path.name}.", "Keep one of the two.")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file.rename(path)
