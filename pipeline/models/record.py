"""What is written beside every model that was imported or fetched: where it came from and what came."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from pipeline.keys import key_of_file
from pipeline.models.catalogue import KINDS, Kind, entries
from pipeline.models.store import FOLDERS, RECORD
from pipeline.recipe.base import Settings


class Record(Settings):
    """Where a model came from.

    id, kind: as in recipes. form: in whose manner its weights were named. file: the name it had, and bytes its size.
    sha256: of that file; of names and contents for a folder. old_hash, tensors_hash: Auto1111's other names for it.
    stored: file in the model's folder -> its sha256. notes: what an artist should know, in sentences.
    """

    schema_version: Literal[1] = 1
    id: str
    kind: Kind
    form: str
    file: str
    bytes: int
    sha256: str
    old_hash: str | None = None
    tensors_hash: str | None = None
    stored: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def short_hash(self) -> str:
        """How Auto1111 shows it: 10 digits for checkpoints, 12 for embeddings and LoRAs, the old 8 for ControlNets."""
        if self.kind == "control" and self.old_hash:
            return self.old_hash
        if self.kind == "adapter":
            return (self.tensors_hash or self.sha256)[:12]
        return self.sha256[: 12 if self.kind == "embedding" else 10]


def write_record(record: Record, folder: Path) -> None:
    """Write the record into a model's folder, with the sha256 of everything that lies there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stored = {path.relative_to(folder).as_posix(): str(key_of_file(path)) for path in files}
    whole = record.model_copy(update={"stored": stored})
    (folder / RECORD).write_text(whole.model_dump_json(indent=1), encoding="utf-8")


def read_record(folder: Path) -> Record | None:
    """The record of a model; None for one that was put there by hand, or whose record cannot be read."""
    try:
        return Record.model_validate_json((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def names_by_hash(models: Path) -> dict[str, str]:
    """Hash as Auto1111 shows it -> the model's name here, for the catalogue's models and those that are here."""
    names = {digits: known.id for known in entries() for digits in known.hashes}
    for known in entries():
        if known.kind == "checkpoint":
            names |= {file.sha256[:10]: known.id for file in known.files if file.sha256}
    for record in records(models):
        names |= {record.short_hash: record.id, record.sha256[:10]: record.id}
        names |= {record.old_hash: record.id} if record.old_hash else {}
    return names


def records(models: Path) -> list[Record]:
    """The records of all models below the folder of models, by kind and name."""
    folders = [folder for kind in KINDS for folder in sorted((models / FOLDERS[kind]).glob("*/"))]
    return [record for folder in folders if (record := read_record(folder)) is not None]
