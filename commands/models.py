"""The commands `python cli.py models ...`: list, fetch, import, remove and verify the models that recipes name."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.models.catalogue import Entry
    from pipeline.models.importing import Imported
    from pipeline.models.library import Listed
    from pipeline.models.store import ModelStore
    from pipeline.progress import Step
    from studio import Studio

UNSOUND = 2
"""Exit code of `verify` when a model is not what it was."""
MB = 1_000_000

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_commands(models: argparse.ArgumentParser) -> None:
    """Add the commands to the parser of `models`."""
    commands = models.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser("list", help="list the catalogue and what is here")
    add.add_argument("--here", action="store_true", help="only what is here")
    add.set_defaults(models_command=_list)

    add = commands.add_parser("fetch", help="fetch models of the catalogue, or those that a preset lacks")
    add.add_argument("name", nargs="*", help="names in the catalogue")
    add.add_argument("--preset", help="a preset's name, or a recipe file ending in .toml")
    add.add_argument("--accept", action="store_true", help="accept licences that forbid commerce or derivatives")
    add.set_defaults(models_command=_fetch)

    add = commands.add_parser("import", help="bring in a file or folder that you have; what it is, is found inside")
    add.add_argument("path", type=Path)
    add.add_argument("--name", help="what it is to be called; the file's name unless given")
    add.add_argument("--vae", help="an autoencoder that is here, for a checkpoint without one or instead of its own")
    add.set_defaults(models_command=_import)

    add = commands.add_parser("remove", help="remove a model from the disk")
    add.add_argument("name", help="its name, or KIND/NAME")
    add.set_defaults(models_command=_remove)

    add = commands.add_parser("verify", help="read every file again and compare it with what came")
    add.add_argument("name", nargs="*", help="names of models; all that are here unless given")
    add.set_defaults(models_command=_verify)
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace, open_studio: Open, stop: Event) -> int:
    """Carry out one of the commands. stop: set when the person interrupts it. Returns the exit code.

    Raises PhotoplayError.
    """
    from pipeline.models.store import ModelStore

    with open_studio(options) as studio:
        options.stop = stop
        return options.models_command(studio, ModelStore(studio.home / "models"), options)


def _list(studio: Studio, models: ModelStore, options: argparse.Namespace) -> int:
    from pipeline.models.library import listed

    shown = [model for model in listed(models) if model.here or not options.here]
    if options.json:
        print(json.dumps([_row(model) for model in shown], indent=1))
        return 0
    for model in shown:
        size = f"{model.bytes / MB:.0f} MB" if model.here else ""
        print(f"{model.kind:11}{model.id:34} {model.state:11}{size:>9}  {model.entry.what if model.entry else ''}")
    return 0


def _fetch(studio: Studio, models: ModelStore, options: argparse.Namespace) -> int:
    from pipeline.errors import NotFetched
    from pipeline.models.fetching import fetch_model
    from pipeline.progress import Progress

    chosen = _wanted(studio, models, options)
    for entry in chosen:
        _announce(entry)
    refused: list[str] = []
    done: list[Imported] = []
    for entry in chosen:
        try:
            done.append(fetch_model(entry, models, Progress(_say, options.stop), options.accept))
        except NotFetched as error:
            refused.append(f"{error}")
    _print(done, options)
    if refused:
        raise NotFetched(" ".join(refused))
    return 0


def _wanted(studio: Studio, models: ModelStore, options: argparse.Namespace) -> list[Entry]:
    """The models named, and those that the preset lacks. Raises ModelMissing for one that is not in the catalogue."""
    from pipeline.errors import ModelMissing
    from pipeline.models.catalogue import entries
    from pipeline.models.library import wanted

    found: list[Entry] = []
    for name in options.name:
        known = [e for e in entries() if e.id == name and not e.embedded]
        if not known:
            raise ModelMissing(
                f"{name} is not in the catalogue.", "See `python cli.py models list`, or import your file."
            )
        found += known
    if options.preset is not None:
        lacking, unknown = wanted(models, studio.recipe(options.preset))
        if unknown:
            raise unknown[0]
        found += lacking
    if not found and options.preset is None:
        raise ModelMissing("Nothing was named that could be fetched.", "Name models of the catalogue, or use --preset.")
    return found


def _announce(entry: Entry) -> None:
    """Say what will come, from where, and under which licence, before it comes."""
    from pipeline.models.catalogue import terms_of

    size = f"{entry.bytes / MB:.0f} MB" if entry.bytes else "size not known"
    print(f"{entry.id}: {size} from {entry.source}. Licence: {entry.licence}.", file=sys.stderr)
    if (terms := terms_of(entry)) is not None:
        print(terms, file=sys.stderr)


def _import(studio: Studio, models: ModelStore, options: argparse.Namespace) -> int:
    from pipeline.models.importing import Wish, import_model

    _print([import_model(options.path, models, Wish(options.name, options.vae))], options)
    return 0


def _remove(studio: Studio, models: ModelStore, options: argparse.Namespace) -> int:
    from pipeline.models.library import remove

    gone = remove(models, options.name)
    if options.json:
        print(json.dumps(_row(gone)))
    else:
        print(f"{gone.id} is removed; {gone.bytes / MB:.0f} MB are free again.")
    return 0


def _verify(studio: Studio, models: ModelStore, options: argparse.Namespace) -> int:
    from pipeline.models.library import faults, find, listed

    here = [find(models, name) for name in options.name] or [model for model in listed(models) if model.here]
    found = {f"{model.kind}/{model.id}": faults(models, model) for model in here}
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for model in here:
            said = " ".join(found[f"{model.kind}/{model.id}"])
            sound = "as it came" if model.stored else "put there by hand: nothing to compare it with"
            print(f"{model.kind:11}{model.id:34} {said or sound}")
    return UNSOUND if any(found.values()) else 0


def _row(model: Listed) -> dict[str, object]:
    """A model as plain data."""
    row: dict[str, object] = {"kind": model.kind, "id": model.id, "state": model.state, "bytes": model.bytes}
    if model.entry is not None:
        row |= {"what": model.entry.what, "source": model.entry.source, "licence": model.entry.licence}
    if model.record is not None:
        row |= {"sha256": model.record.sha256, "hash": model.record.short_hash, "notes": model.record.notes}
    return row


def _print(done: list[Imported], options: argparse.Namespace) -> None:
    if options.json:
        rows = [{"kind": i.record.kind, "id": i.record.id, "folder": str(i.folder), "again": i.again} for i in done]
        print(json.dumps(rows, indent=1))
        return
    for imported in done:
        record = imported.record
        state = "was here already" if imported.again else "is here now"
        print(f"The {record.kind} {record.id} [{record.short_hash}] {state}. {' '.join(record.notes)}".rstrip())


def _say(step: Step) -> None:
    """How far a download is, on one line that is written over."""
    end = "\n" if step.done == step.total else ""
    print(f"\r{step.stage}: {step.done / MB:.0f} of {step.total / MB:.0f} MB", end=end, file=sys.stderr, flush=True)
