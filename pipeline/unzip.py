"""Unpacking a zip that was found harmless, under names of our own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from pipeline.errors import RefusedFile
from pipeline.files import explained

LONGEST = 100
"""Signs of a name that are kept, the last ones, which say the number and the kind."""
LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
"""What systems put into folders by themselves, in small letters."""

Place = Callable[[int, PurePosixPath], Path]
"""What a file is to be called: its place in the zip, counted from 0, and its name there -> a path below the folder."""


def unpack(archive: Path, folder: Path, place: Place) -> None:
    """The files of a zip into a folder, which is made. What systems put into zips by themselves is left out.

    The archive's claims must have been checked before. place: where each file goes; made of `plain` names.
    Raises RefusedFile for a zip that is not whole, or two files of one name, OutputError.
    """
    try:
        with explained(folder), ZipFile(archive) as packed:
            folder.mkdir(parents=True, exist_ok=True)
            members = [each for each in packed.infolist() if not each.is_dir() and not is_litter(each.filename)]
            for number, member in enumerate(members):
                path = folder / place(number, PurePosixPath(member.filename))
                if path.exists():
                    raise RefusedFile(f"{archive.name} holds two files called {path.name}.", "Keep one of the two.")
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, path.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise RefusedFile(f"{archive.name} is not a whole zip: {error}.", "Pack the pictures anew.") from error


def plain(name: str) -> str:
    """A name as part of a path: letters, digits, `.`, `_` and `-` alone, not hidden, the last signs of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-LONGEST:].lstrip("._-")


def is_litter(name: str) -> bool:
    """Whether a file in a zip is nothing that anybody has put there."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.name.casefold() in LITTER or path.name.startswith("._") or "__MACOSX" in path.parts
