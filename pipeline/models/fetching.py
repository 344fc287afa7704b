"""Models of the catalogue from the net: the files of one, then the import, then nothing of the way is left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import NotFetched, RefusedFile
from pipeline.models.catalogue import HUB, Entry, RemoteFile, terms_of
from pipeline.models.download import Download, fetch_file
from pipeline.models.importing import Imported, Wish, import_model, take_files
from pipeline.models.incoming import check_room
from pipeline.models.record import read_record
from pipeline.models.store import ModelStore, lacking_in
from pipeline.progress import Progress

DOWNLOADS = ".downloads"
MIRROR, TOKEN = "HF_ENDPOINT", "HF_TOKEN"
"""Environment: another address of the hub, and a person's key to it. The same names as the hub's own programs use."""


def fetch_model(entry: Entry, models: ModelStore, progress: Progress, accepted: bool = False) -> Imported:
    """Fetch a model of the catalogue and import it under its name there. One that is here is left as it is.

    accepted: the person has seen what the licence forbids. Raises NotFetched when it cannot be had or the licence was
    not accepted, RefusedFile when what came is something else, NotWritable without room, Cancelled.
    """
    folder = models.place(entry.kind, entry.id)
    if (record := read_record(folder)) is not None and not lacking_in(entry.kind, folder):
        return Imported(record, folder, again=True)
    _check_terms(entry, accepted)
    if not entry.files:
        raise NotFetched(
            f"{entry.id} has no download that could be trusted.",
            f"Get it from {entry.source} and bring the file in: `python cli.py models import FILE`.",
        )
    check_room(models.folder, 2 * (entry.bytes or 0))
    place = models.folder / DOWNLOADS / entry.id
    files = [fetch_file(_download(entry, file, place), progress) for file in entry.files]
    done = _bring_in(entry, place, files, models)
    shutil.rmtree(place, ignore_errors=True)
    return done


def _check_terms(entry: Entry, accepted: bool) -> None:
    terms = terms_of(entry)
    if terms is not None and not accepted:
        raise NotFetched(terms, f"If that suits you: `python cli.py models fetch {entry.id} --accept`.")


def _download(entry: Entry, file: RemoteFile, place: Path) -> Download:
    """Where a file comes from and goes to. Only the hub is given the person's key."""
    if file.path.startswith(("https://", "http://")):
        return Download(file.path, file, place / file.name)
    if entry.repository is None:
        raise RefusedFile(
            f"The catalogue does not say where {file.path} of {entry.id} lies.", "Import the file by hand."
        )
    hub = os.environ.get(MIRROR, f"https://{HUB}").rstrip("/")
    revision = entry.revision or "main"
    url = f"{hub}/{entry.repository}/resolve/{revision}/{quote(file.path)}"
    return Download(url, file, place / file.name, os.environ.get(TOKEN))


def _bring_in(entry: Entry, place: Path, files: list[Path], models: ModelStore) -> Imported:
    if entry.kind == "estimator":
        return take_files(files, entry.kind, entry.id, models)
    done = import_model(files[0] if len(files) == 1 else place, models, Wish(entry.id))
    if done.record.kind != entry.kind:
        raise RefusedFile(
            f"What came for {entry.id} is a {done.record.kind}, not a {entry.kind}.", "Import it by hand."
        )
    return done
