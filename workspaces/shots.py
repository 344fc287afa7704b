"""The shots of an owner: one folder each, with the plate, its record, and a folder for every version delivered."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from pipeline.clip.attach import with_passes
from pipeline.clip.probe import probe
from pipeline.clip.shot import Shot
from pipeline.errors import FootageError, OutputError
from pipeline.files import explained, sync
from pipeline.recipe.footage import Footage
from workspaces.home import Home
from workspaces.names import clip_suffix, display_name, unguessable
from workspaces.record import ShotRecord, read_record, write_record

UNFINISHED = ".new-"
"""How the name of a shot's folder begins until everything is in it."""


@dataclass(frozen=True)
class ShotFolder:
    """A shot that is kept. Its id is the name of its folder, which nobody can guess."""

    path: Path
    record: ShotRecord

    @property
    def id(self) -> str:
        """What the page calls it by."""
        return self.path.name

    @property
    def plate(self) -> Path:
        """The clip; it may be gone when it never lay in the workspace."""
        return self.path / self.record.plate

    @property
    def passes(self) -> Path | None:
        """The folder with the engine's passes; None without."""
        return self.path / self.record.passes if self.record.passes else None

    @property
    def footage(self) -> Footage:
        """How its files are read, and the cuts set by hand. Raises OutputError for settings of another version."""
        try:
            return Footage.model_validate(self.record.footage)
        except ValidationError as error:
            raise OutputError(
                f"{self.path.name} is read by settings that this Photoplay does not know.", "Hand the clip in again."
            ) from error

    def open(self, facts: Path) -> Shot:
        """The shot, with everything that is kept with it. facts: where is noted what was found out about files.

        Raises FootageError when its files are damaged or gone, OutputError.
        """
        shot = replace(probe(self.plate, self.footage, facts), name=self.record.name)
        if self.passes is None:
            return shot
        if not self.passes.is_dir():
            return replace(
                shot, notes=(*shot.notes, f"The engine passes are gone from {self.passes} and are not used.")
            )
        return with_passes(shot, self.passes, facts)


def shots_of(home: Home, owner: str) -> list[ShotFolder]:
    """The shots of an owner whose plate is there, newest first."""
    found = [shot for shot in _kept(home, owner) if shot.record.plate and shot.plate.is_file()]
    return sorted(found, key=lambda shot: shot.record.created, reverse=True)


def shot_of(home: Home, owner: str, shot_id: str) -> ShotFolder:
    """The owner's shot of this id. Raises FootageError when they have none, whoever else may."""
    for shot in shots_of(home, owner):
        if shot.id == shot_id:
            return shot
    raise FootageError("There is no such shot.", "Choose one of the list, or drop the clip again.")


def take_in(home: Home, owner: str, plate: Path, shot: Shot, original: str) -> ShotFolder:
    """Make a shot of an uploaded clip, which is moved into the workspace: all of it or nothing. Raises OutputError.

    shot: what was found out about the clip. original: the file's name as it was handed in.
    """
    record = ShotRecord(shot.name, display_name(original), time.time(), shot.key, f"plate{clip_suffix(plate)}")
    return make_shot(home, owner, record, plate)


def folder_for(home: Home, owner: str, shot: Shot) -> ShotFolder:
    """The folder that versions of a shot are delivered into; made when its clip lies outside. Raises OutputError."""
    kept = folder_of(home, owner, shot)
    if kept is not None:
        return kept
    plate = shot.plate.absolute()
    record = ShotRecord(shot.name, plate.name, time.time(), shot.key, str(plate), footage=shot.footage.stated)
    return make_shot(home, owner, record)


def folder_of(home: Home, owner: str, shot: Shot) -> ShotFolder | None:
    """The folder in which an owner keeps what belongs to a shot; None when nothing was kept yet.

    Where the same pictures were handed in twice, the one that this plate lies in, however it is read by now.
    """
    shots = [*_kept(home, owner)]
    own = [kept for kept in shots if kept.plate == shot.plate and kept.path in shot.plate.parents]
    same = [kept for kept in shots if kept.record.key == shot.key]
    return next(iter([*own, *(kept for kept in same if kept.plate == shot.plate), *same]), None)


def noted(shot: ShotFolder, record: ShotRecord) -> ShotFolder:
    """The shot with another record, which is written. Raises OutputError."""
    write_record(shot.path, record)
    return ShotFolder(shot.path, record)


def remove_shot(shot: ShotFolder) -> None:
    """Delete a shot with its plate and all its versions. Raises OutputError."""
    with explained(shot.path):
        doomed = shot.path.with_name(f"{UNFINISHED}{shot.id}")
        shot.path.rename(doomed)
        shutil.rmtree(doomed)


def make_shot(home: Home, owner: str, record: ShotRecord, plate: Path | None = None) -> ShotFolder:
    """Make the folder of a shot with its record and, where there is one to move in, its plate. Raises OutputError."""
    workspace, shot_id = home.workspace(owner), unguessable(record.name)
    folder = workspace / f"{UNFINISHED}{shot_id}"
    with explained(folder):
        folder.mkdir(parents=True)
        if plate is not None:
            sync(plate)
            plate.rename(folder / record.plate)
        write_record(folder, record)
        folder.rename(workspace / shot_id)
        sync(workspace)
    return ShotFolder(workspace / shot_id, record)


def next_version(folder: Path) -> Path:
    """Make the next free one of v001, v002, ... in a shot's folder. No two callers get the same. Raises NotWritable."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.name[1:]) for path in folder.glob("v*") if path.name[1:].isdecimal()]
        version = folder / f"v{max(numbers, default=0) + 1:03d}"
        try:
            os.mkdir(version)
        except FileExistsError:
            return next_version(folder)
        return version


def _kept(home: Home, owner: str) -> Iterator[ShotFolder]:
    workspace = home.workspace(owner)
    for folder in sorted(workspace.glob("[!.]*")):
        with suppress(OutputError):
            yield ShotFolder(folder, read_record(folder))
