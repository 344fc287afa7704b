"""Homes of an older version become homes of this one, once; a program killed on the way goes on at the next start.

Version 1 kept deliveries in `renders/NAME/vNNN` and clips where the browser's upload had put them. Jobs remember those
paths, so links stay behind at the old places.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.files import atomic, explained
from workspaces.home import LOCAL, Home
from workspaces.names import clip_suffix, unguessable
from workspaces.record import FILE, ShotRecord, read_record, write_record
from workspaces.shots import ShotFolder, make_shot

VERSION = 2
FILE_NAME = "workspace.json"

Plates = Mapping[Path, str]
"""Clips that jobs render -> their sha256."""


def version_of(home: Home) -> int:
    """The version of a home's layout. Raises OutputError when it was written by a newer Photoplay."""
    try:
        version = int(json.loads((home.folder / FILE_NAME).read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:
        return 1 if (home.folder / "renders").is_dir() else VERSION
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{home.folder / FILE_NAME} cannot be read.", "Put it back from a backup.") from error
    if version > VERSION:
        raise OutputError(
            f"{home.folder} was written by a newer Photoplay (layout {version}, known here: {VERSION}).",
            "Start the newer one, or choose another home folder.",
        )
    return version


def upgrade(home: Home, plates: Callable[[], Plates]) -> None:
    """Bring a home to this version; nothing happens to one that is. plates: asked for when there is something to do.

    Raises OutputError.
    """
    if version_of(home) == VERSION:
        return
    with _alone(home):
        if version_of(home) == VERSION:
            return
        _move_renders(home)
        for plate, key in plates().items():
            if plate.is_relative_to(home.uploads):
                _move_plate(home, plate, key)
            else:
                _note_plate(home, plate, key)
        with atomic(home.folder / FILE_NAME) as part:
            part.write_text(json.dumps({"version": VERSION}) + "\n", encoding="utf-8")


@contextmanager
def _alone(home: Home) -> Generator[None]:
    """Keep other programs that open the home waiting."""
    path = home.folder / "workspace.lock"
    with explained(path), path.open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield


def _move_renders(home: Home) -> None:
    """Every folder of renders becomes a shot; a link to it stays. The record goes in first and names the new place."""
    renders = home.folder / "renders"
    with explained(renders):
        home.workspace(LOCAL).mkdir(parents=True, exist_ok=True)
        for folder in sorted(renders.iterdir()):
            if folder.is_dir() and not folder.is_symlink():
                if not (folder / FILE).exists():
                    write_record(folder, _record_of(folder))
                folder.rename(home.workspace(LOCAL) / unguessable(folder.name))
        for shot in _shots(home):
            old = renders / shot.record.was
            if shot.record.was and not os.path.lexists(old):
                _link(shot.path, old)


def _record_of(folder: Path) -> ShotRecord:
    """What is known of a folder of renders: its newest manifest names the plate."""
    key = ""
    for manifest in sorted(folder.glob("v*/manifest.json")):
        with suppress(ValueError, AttributeError):
            key = json.loads(manifest.read_text(encoding="utf-8")).get("plate", key)
    return ShotRecord(folder.name, folder.name, folder.stat().st_mtime, key, "", folder.name)


def _move_plate(home: Home, plate: Path, key: str) -> None:
    """An uploaded clip moves into its shot; a link to it stays. A second name first, so that it is never nowhere."""
    with explained(plate):
        if plate.is_symlink() or not plate.is_file():
            return
        shot = _shot_with(home, key) or make_shot(home, LOCAL, ShotRecord(plate.stem, plate.name, time.time(), key, ""))
        kept = shot.path / f"plate{clip_suffix(plate)}"
        if not kept.exists():
            os.link(plate, kept)
        _note(shot, plate.name, kept.name)
        _link(kept, plate)


def _note_plate(home: Home, plate: Path, key: str) -> None:
    shot = _shot_with(home, key)
    if shot is not None and not shot.record.plate:
        _note(shot, plate.name, str(plate))


def _note(shot: ShotFolder, original: str, plate: str) -> None:
    write_record(shot.path, replace(shot.record, original=original, plate=plate))


def _shot_with(home: Home, key: str) -> ShotFolder | None:
    return next((shot for shot in _shots(home) if shot.record.key == key), None)


def _shots(home: Home) -> list[ShotFolder]:
    folders = [folder for folder in sorted(home.workspace(LOCAL).glob("[!.]*")) if (folder / FILE).exists()]
    return [ShotFolder(folder, read_record(folder)) for folder in folders]


def _link(target: Path, link: Path) -> None:
    """A link at `link`, in the place of a file that may be there, which is replaced and never missing."""
    part = link.with_name(f".{link.name}.link")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(target, link.parent))
    part.replace(link)
