"""Bringing in a model that an artist has: looked at, checked, converted, and only then put where recipes find it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError, RefusedFile
from pipeline.files import explained
from pipeline.keys import Key, key_of_folder
from pipeline.models.catalogue import Kind, by_sha256, entries, entry
from pipeline.models.convert import Task, convert
from pipeline.models.folders import SUFFIXES, convert_folder, kind_of
from pipeline.models.hashes import Hashes, hashes_of
from pipeline.models.incoming import check_room, settle, staged
from pipeline.models.recognise import recognise
from pipeline.models.record import Record, read_record, records, write_record
from pipeline.models.store import SAFE_ID, ModelStore, described
from pipeline.models.tensors import opened
from pipeline.recipe.networks import model_name

LONGEST_ID = 100


@dataclass(frozen=True)
class Imported:
    """A model that is here now. again: it was here already, and nothing was done."""

    record: Record
    folder: Path
    again: bool = False


@dataclass(frozen=True)
class Wish:
    """How a model is to be brought in.

    name: what it is to be called; None = as in the catalogue, or as the file. vae: the name of the autoencoder for a
    checkpoint without one, or in place of its own.
    """

    name: str | None = None
    vae: str | None = None


def import_model(path: Path, models: ModelStore, wish: Wish | None = None) -> Imported:
    """Bring in a file or a folder in the diffusers layout. The same one twice is one model, unless it is
    wished for under another name.

    Raises RefusedFile with the reason, ModelMissing for an autoencoder that is not here, OutputError for a full disk.
    """
    wish = wish or Wish()
    if path.is_dir():
        kind = kind_of(path)
        if kind is not None:
            return _import_folder(path, kind, models, wish)
        path = _only_file(path)
    if not path.is_file():
        raise RefusedFile(f"There is no file {path}.", "Check the name.")
    return _import_file(path, models, wish)


def _import_file(path: Path, models: ModelStore, wish: Wish) -> Imported:
    vae = models.weights("vae", wish.vae).folder if wish.vae is not None else None
    check_room(models.folder, path.stat().st_size)
    with opened(path) as tensors:
        found = recognise(tensors)
        hashes = hashes_of(path)
        if (same := _same(models, found.kind, hashes.sha256, wish)) is not None:
            return same
        id = _name_for(found.kind, path, hashes.sha256, wish)
        with _place_for(found.kind, id, models) as (staging, final):
            notes = convert(Task(tensors, found, vae), staging)
            record = _record(id, found.kind, found.form, path, hashes)
            write_record(record.model_copy(update={"notes": (*notes, *_doubts(record))}), staging)
            settle(staging, final)
    return _imported(final)


def _import_folder(path: Path, kind: Kind, models: ModelStore, wish: Wish) -> Imported:
    check_room(models.folder, sum(file.stat().st_size for file in path.rglob("*") if file.is_file()))
    sha256 = key_of_folder(path)
    if (same := _same(models, kind, sha256, wish)) is not None:
        return same
    id = _name_for(kind, path, sha256, wish)
    with _place_for(kind, id, models) as (staging, final):
        convert_folder(path, kind, staging)
        if wish.vae is not None and kind == "checkpoint":
            shutil.rmtree(staging / "vae")
            shutil.copytree(models.weights("vae", wish.vae).folder, staging / "vae")
        size = sum(file.stat().st_size for file in staging.rglob("*") if file.is_file())
        write_record(Record(id=id, kind=kind, form="diffusers", file=path.name, bytes=size, sha256=sha256), staging)
        settle(staging, final)
    return _imported(final)


def take_files(files: list[Path], kind: Kind, id: str, models: ModelStore) -> Imported:
    """Keep files as they are: estimators are read by the programs they belong to. Raises OutputError."""
    hashes = hashes_of(files[0])
    with _place_for(kind, id, models) as (staging, final):
        with explained(staging):
            staging.mkdir()
            for file in files:
                shutil.copyfile(file, staging / file.name)
        write_record(_record(id, kind, "as it is", files[0], hashes), staging)
        settle(staging, final)
    return _imported(final)


def _imported(folder: Path) -> Imported:
    record = read_record(folder)
    if record is None:
        raise OutputError(f"What was written to {folder} cannot be read back.", "See to the disk.")
    return Imported(record, folder)


def _record(id: str, kind: Kind, form: str, path: Path, hashes: Hashes) -> Record:
    return Record(
        id=id,
        kind=kind,
        form=form,
        file=path.name,
        bytes=path.stat().st_size,
        sha256=hashes.sha256,
        old_hash=hashes.old,
        tensors_hash=hashes.tensors,
    )


def _only_file(folder: Path) -> Path:
    """The file with weights in a folder that is not in the diffusers layout, for instance of a PEFT adapter."""
    files = [path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES]
    if len(files) != 1:
        raise RefusedFile(
            f"{folder.name} is not a model's folder: it holds {len(files)} files of weights.",
            "Import the file you mean.",
        )
    return files[0]


def _same(models: ModelStore, kind: Kind, sha256: Key, wish: Wish) -> Imported | None:
    """The model that came from this very file, unless it was wished for under another name or with another part."""
    for record in records(models.folder):
        if (record.kind, record.sha256) == (kind, sha256) and wish.vae is None and wish.name in (None, record.id):
            return Imported(record, models.place(kind, record.id), again=True)
    return None


def _name_for(kind: Kind, path: Path, sha256: Key, wish: Wish) -> str:
    """The wish; the catalogue's name for this very file; the file's own name, made fit for a folder."""
    if wish.name is not None:
        return wish.name
    if (known := by_sha256(kind, sha256)) is not None:
        return known.id
    name = path.name if path.is_dir() else path.stem
    own = safe_name(path.parent.name if name in ("adapter_model", "pytorch_lora_weights") else name)
    same = (entry.id for entry in entries() if entry.kind == kind and entry.id.lower() == own.lower())
    return next(same, own)


def safe_name(name: str) -> str:
    """A file's name as the name of a model: `My LoRA (v2)` -> `My_LoRA_v2`."""
    return model_name(name)[:LONGEST_ID] or "model"


@contextmanager
def _place_for(kind: Kind, id: str, models: ModelStore) -> Iterator[tuple[Path, Path]]:
    """Where the model is put together, and where it belongs. Raises RefusedFile when that place is taken."""
    known = entry(kind, id)
    if not SAFE_ID.fullmatch(id) or (known is not None and known.embedded):
        raise RefusedFile(f"{id!r} cannot be the name of a model.", "Choose another with --name.")
    final = models.place(kind, id)
    if final.exists():
        raise RefusedFile(
            f"Another {described(kind, id)} is here already.",
            f"Choose another name with --name, or remove it: `python cli.py models remove {id}`.",
        )
    with staged(models.folder) as staging, explained(staging):
        yield staging, final


def _doubts(record: Record) -> tuple[str, ...]:
    """A sentence where the file goes by a name of the catalogue and is not that file."""
    known = entry(record.kind, record.id)
    expected = known.hashes if known is not None else ()
    if not expected or any(record.sha256.startswith(digits) for digits in expected):
        return ()
    shown = " or ".join(digits[:12] for digits in expected)
    return (
        f"It is not the file that the catalogue knows by this name: that one is {shown}, "
        f"this one {record.sha256[:12]}.",
    )
