"""What lies beside the pictures: one row for each pair, and a manifest that says what they were made with."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.errors import PhotoplayError
from pipeline.files import atomic
from pipeline.keys import key_of_file
from training.draft.kit.casting import Split

VERSION = 1
"""Raised when the same number gives another picture."""
ROWS, MANIFEST = "pairs.jsonl", "kit.json"
FILES = {"engine": "engine/{}.jpg", "film": "film/{}.jpg", "passes": "passes/{}.exr"}
"""What belongs to a pair -> where it lies, by the pair's id."""


class Person(BaseModel):
    """One person in a picture. Angles in degrees: see `acting` and `describe.seen_angles`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    character: int
    weights: dict[str, float]
    head: tuple[float, float, float]
    head_seen: tuple[float, float]
    gaze: tuple[float, float]


class Row(BaseModel):
    """One pair. sha256: of each of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    split: Split
    subject: str
    framing: str
    caption: str
    people: tuple[Person, ...]
    sha256: dict[str, str]


class Manifest(BaseModel):
    """What a set is made with. size: of the pictures. samples: rays a pixel. texels: of the skin, on a side.

    assets: sha256 over the assets' files. packages: versions of what has a say in the pictures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kit: int = VERSION
    size: tuple[int, int]
    samples: int
    texels: int
    assets: str
    packages: dict[str, str]


def begin(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a new set. Raises PhotoplayError for one that was begun with something else."""
    file = folder / MANIFEST
    if not file.exists():
        with atomic(file) as part:
            part.write_text(manifest.model_dump_json(indent=2) + "\n")
        return
    found = json.loads(file.read_text())
    other = [name for name, value in manifest.model_dump(mode="json").items() if found.get(name) != value]
    if other:
        raise PhotoplayError(
            f"The set in {folder} was begun with other settings: {', '.join(other)} differ.",
            "Begin a new folder, or go on with the same settings and packages.",
        )


def append(folder: Path, row: Row) -> None:
    """Add a row in one write, so that several processes can add to the same set."""
    descriptor = os.open(folder / ROWS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{row.model_dump_json()}\n".encode())
    finally:
        os.close(descriptor)


def read_rows(folder: Path) -> list[Row]:
    """All whole rows of a set; a last line that was broken off is left out."""
    file = folder / ROWS
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [Row.model_validate_json(line) for line in lines if line.endswith("\n")]


def hashes(folder: Path, pair: str) -> dict[str, str]:
    """sha256 of each file of a pair. Raises OSError when one is not there."""
    return {what: key_of_file(folder / where.format(pair)) for what, where in FILES.items()}


def faults(folder: Path) -> list[str]:
    """What is wrong with a set: files that are gone or changed, pairs listed twice, people on both sides."""
    found, seen, sides = [], set(), dict[int, str]()
    for row in read_rows(folder):
        if row.id in seen:
            found.append(f"{row.id} is listed twice")
        seen.add(row.id)
        for what, where in FILES.items():
            file = folder / where.format(row.id)
            if not file.exists():
                found.append(f"{file.name} is missing")
            elif key_of_file(file) != row.sha256.get(what):
                found.append(f"{file.name} has changed")
        for person in row.people:
            if sides.setdefault(person.character, row.split) != row.split:
                found.append(f"character {person.character} is in train and in val")
    return found
