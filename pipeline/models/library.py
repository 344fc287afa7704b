"""The models as an artist sees them: what there is, what is here, whether it is still what it was, and off with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from pipeline.errors import ModelMissing
from pipeline.files import explained
from pipeline.keys import key_of_file
from pipeline.models.catalogue import KINDS, Entry, Kind, entries, entry
from pipeline.models.record import Record, read_record
from pipeline.models.store import FOLDERS, ModelStore, described, lacking_in
from pipeline.recipe.recipe import Recipe


@dataclass(frozen=True)
class Listed:
    """One model. entry: what the catalogue knows of it. record: how it came here. bytes: its room on the disk."""

    kind: Kind
    id: str
    entry: Entry | None
    record: Record | None
    here: bool
    lacking: tuple[str, ...] = ()
    bytes: int = 0

    @property
    def state(self) -> str:
        """Whether it can be used, in a word or two."""
        if not self.here:
            return "not here"
        return "incomplete" if self.lacking else "here"

    @property
    def stored(self) -> dict[str, str]:
        """Name -> sha256 of its files as they came; empty for one that was put there by hand."""
        known = self.record or self.entry
        return known.stored if known else {}


def listed(models: ModelStore) -> list[Listed]:
    """The catalogue and everything else that is here, by kind, in the catalogue's order and then by name."""
    found: list[Listed] = []
    for kind in KINDS:
        known = [entry.id for entry in entries() if entry.kind == kind]
        place = models.folder / FOLDERS[kind]
        others = sorted(path.name for path in place.glob("*/") if path.name not in known and path.name[0] != ".")
        found += [_looked_at(kind, id, models) for id in (*known, *others)]
    return found


def find(models: ModelStore, name: str) -> Listed:
    """The model that is here under this name, or `KIND/NAME` where two kinds share it. Raises ModelMissing."""
    kind, _, id = name.rpartition("/")
    there = [model for model in listed(models) if model.here and model.id == id and kind in ("", model.kind)]
    if not there:
        raise ModelMissing(f"There is no model {name} on this machine.", "See `python cli.py models list`.")
    if len(there) > 1:
        choices = ", ".join(f"{model.kind}/{model.id}" for model in there)
        raise ModelMissing(f"{len(there)} models are called {name}.", f"Write one of: {choices}.")
    return there[0]


def wanted(models: ModelStore, recipe: Recipe) -> tuple[list[Entry], list[ModelMissing]]:
    """What a recipe lacks here: entries of the catalogue, and faults for what the catalogue cannot bring."""
    known: list[Entry] = []
    unknown: list[ModelMissing] = []
    for (kind, id), fault in models.lacking(recipe).items():
        found = entry(kind, id)
        if found is None or found.embedded:
            unknown.append(fault)
        else:
            known.append(found)
    return known, unknown


def remove(models: ModelStore, name: str) -> Listed:
    """Remove a model from the disk. Returns what it was. Raises ModelMissing when it may not or cannot go."""
    model = find(models, name)
    if model.entry is not None and model.entry.embedded:
        raise ModelMissing(
            f"{model.id} is part of Photoplay.", "It stays, so that there is always a model to work with."
        )
    folder = models.place(model.kind, model.id)
    with explained(folder):
        gone = folder.with_name(f".{folder.name}.removed")
        folder.rename(gone)
        shutil.rmtree(gone)
    return model


def faults(models: ModelStore, model: Listed) -> list[str]:
    """What is wrong with a model's files, one sentence each; all of them are read. Empty when they are as they came."""
    if model.lacking:
        return [f"The {described(model.kind, model.id)} lacks {', '.join(model.lacking)}."]
    folder, found = models.place(model.kind, model.id), list[str]()
    for name, sha256 in model.stored.items():
        if not (folder / name).is_file():
            found.append(f"{model.id} has lost {name}.")
        elif key_of_file(folder / name) != sha256:
            found.append(f"{name} of {model.id} is not what it was.")
    return found


def _looked_at(kind: Kind, id: str, models: ModelStore) -> Listed:
    folder = models.place(kind, id)
    if not folder.is_dir():
        return Listed(kind, id, entry(kind, id), None, here=False)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    lacking = tuple(lacking_in(kind, folder))
    return Listed(kind, id, entry(kind, id), read_record(folder), True, lacking, size)
