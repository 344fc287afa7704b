"""What is known of a shot beside its plate, as `shot.json` holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files import atomic

SCHEMA = 1
"""Raised when the fields change; a record of a later schema is refused."""
FILE = "shot.json"


@dataclass(frozen=True)
class ShotRecord:
    """name: as it is shown. original: the file's name as it was handed in. created: seconds since the epoch.

    key: sha256 of the plate; empty when nobody knows it any more. plate: the file's name in the shot's folder, or the
    whole path of a clip that stays where it is; empty when it is gone. was: where a home of version 1 kept the folder.
    """

    name: str
    original: str
    created: float
    key: str
    plate: str
    was: str = ""


def write_record(folder: Path, record: ShotRecord) -> None:
    """Write the record of the shot in `folder`. Raises OutputError."""
    with atomic(folder / FILE) as part:
        part.write_text(json.dumps({"schema": SCHEMA, **asdict(record)}, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> ShotRecord:
    """The record of the shot in `folder`. Raises OutputError when there is none that can be read."""
    try:
        values: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        schema = values.pop("schema")
        if schema == SCHEMA:
            return ShotRecord(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{folder / FILE} is not the record of a shot.", "Hand the clip in again.") from error
    raise OutputError(f"{folder / FILE} was written by a newer Photoplay (schema {schema}).", "Start the newer one.")
