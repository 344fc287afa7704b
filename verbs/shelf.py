"""The shelf: the studio's verbs for models. Fetching goes on behind the page, one model after the other."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal

from pipeline.errors import PhotoplayError, RefusedFile
from pipeline.models.catalogue import Entry, terms_of
from pipeline.models.library import Listed, faults, find, listed, remove
from pipeline.models.store import ModelStore
from pipeline.progress import Progress, Step
from workspaces.intake.door import check_file
from workspaces.rooms import Rooms

if TYPE_CHECKING:
    from pipeline.models.importing import Imported


@dataclass(frozen=True)
class Fetching:
    """A download that was asked for. done, total: bytes of the file at hand. words: how it ended, once it has."""

    id: str
    state: Literal["waiting", "coming", "here", "failed", "stopped"] = "waiting"
    file: str = ""
    done: int = 0
    total: int = 0
    words: str = ""

    @property
    def at_work(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ("waiting", "coming")


class Shelf:
    """The models of a home, which all its people share. Safe to use from several threads."""

    def __init__(self, models: ModelStore, rooms: Rooms) -> None:
        self._models, self._rooms = models, rooms
        self._lock, self._news = Lock(), dict[str, Fetching]()
        self._stops: dict[str, Event] = {}
        self._worker = ThreadPoolExecutor(1, "fetch")

    def listed(self) -> list[Listed]:
        """The catalogue, and everything else that is here."""
        return listed(self._models)

    def fetching(self) -> list[Fetching]:
        """The downloads asked for since the program started, in the order in which they were."""
        with self._lock:
            return list(self._news.values())

    def fetch(self, entries: Iterable[Entry], accepted: bool) -> None:
        """Fetch models of the catalogue, one after the other. accepted: the person has seen the licences.

        Raises RefusedFile when a licence forbids something and was not accepted: then nothing is fetched.
        """
        wanted = list(entries)
        terms = [words for entry in wanted if (words := terms_of(entry)) is not None]
        if terms and not accepted:
            raise RefusedFile(" ".join(terms), "Say that you accept this, if it suits you.")
        for entry in wanted:
            with self._lock:
                known = self._news.get(entry.id)
                if known is not None and known.at_work:
                    continue
                self._news[entry.id] = Fetching(entry.id)
                stop = self._stops[entry.id] = Event()
            self._worker.submit(self._fetch, entry, stop)

    def stop(self, id: str) -> None:
        """Stop a download; what has come is kept for the next time."""
        with self._lock:
            if id in self._stops:
                self._stops[id].set()

    def take_in(self, owner: str, path: Path, name: str | None) -> Imported:
        """Bring in a file of weights that an owner has uploaded. Raises RefusedFile, OutputError."""
        from pipeline.models.importing import Wish, import_model

        upload = self._rooms.exchange.received(owner, path)
        try:
            if check_file(upload, self._rooms.limits) != "weights":
                raise RefusedFile(f"{path.name} holds no weights.", "Choose a .safetensors or .ckpt file.")
            return import_model(upload, self._models, Wish(name))
        finally:
            self._rooms.exchange.used_up(owner, path)

    def remove(self, name: str) -> Listed:
        """Remove a model, by `KIND/NAME`, from the disk. Raises ModelMissing, OutputError."""
        return remove(self._models, name)

    def faults(self, name: str) -> list[str]:
        """What is wrong with a model's files, which are all read. Raises ModelMissing."""
        return faults(self._models, find(self._models, name))

    def close(self) -> None:
        """Stop what is coming; it goes on from there when it is asked for again."""
        for stop in list(self._stops.values()):
            stop.set()
        self._worker.shutdown(cancel_futures=True)

    def _fetch(self, entry: Entry, stop: Event) -> None:
        from pipeline.models.fetching import fetch_model

        def hear(step: Step) -> None:
            self._note(entry.id, state="coming", file=step.stage, done=step.done, total=step.total)

        try:
            fetch_model(entry, self._models, Progress(hear, stop), accepted=True)
        except PhotoplayError as error:
            self._note(entry.id, state="stopped" if stop.is_set() else "failed", words=str(error))
        else:
            self._note(entry.id, state="here")

    def _note(self, id: str, **news: object) -> None:
        with self._lock:
            self._news[id] = replace(self._news[id], **news)  # pyright: ignore[reportArgumentType]
