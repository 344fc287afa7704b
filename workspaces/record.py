"""What is known of a shot beside its plate, as `shot.json` holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files import atomic

SCHEMA = 2
"""Raised when the fields change; a record of a later schema is refused. Version 1 had no `footage` and no `passes`."""
FILE = "shot.json"


@dataclass(frozen=True)
class ShotRecord:
    """name: as it is shown. original: the file's name as it was handed in. created: seconds since the epoch.

    key: sha256 of the plate; empty when nobody knows it any more. plate: the file's name in the shot's folder, or the
    whole path of a clip that stays where it is; empty when it is gone. was: where a home of version 1 kept the folder.
    footage: the settings by which the files are read, as plain data; those left out have their defaults. passes: the
    folder with the engine's passes, in the shot's folder, or by its whole path where it stays outside; empty without.
    """

    name: str
    original: str
    created: float
    key: str
    plate: str
    was: str = ""
    footage: Mapping[str, Any] = field(default_factory=dict[str, Any])
    passes: str = ""


def write_record(folder: Path, record: ShotRecord) -> None:
    """Write the record of the shot in `folder`. Raises OutputError."""
    with atomic(folder / FILE) as part:
        part.write_text(json.dumps({"schema": SCHEMA, **asdict(record)}, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> ShotRecord:
    """The record of the shot in `folder`. Raises OutputError when there is none that can be read."""
    try:
        values: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        schema = values.pop("schema")
        if schema in (1, SCHEMA):
            return ShotRecord(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{folder / FILE} is not the record of a shot.", "Hand the clip in again.") from error
    raise OutputError(f"{folder / FILE} was written by a newer Photoplay (schema {schema}).", "Start the newer one.")
