"""The models that Photoplay knows by name: what each is, where people get it, under which licence (catalogue.toml).

A fact that could not be established is left out there and None here. Such a file is taken as it comes the first time,
and what came is written down beside it.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from pipeline.recipe.base import Settings

Kind = Literal["checkpoint", "control", "vae", "adapter", "embedding", "upscaler", "motion", "estimator"]
Base = Literal["draft", "Stable Diffusion 1.5", "any"]
Term = Literal["no commerce", "no derivatives"]

KINDS: tuple[Kind, ...] = get_args(Kind)
EMBEDDED = "Photoplay itself"
DATA = Path(__file__).with_name("catalogue.toml")
HUB = "huggingface.co"


class RemoteFile(Settings):
    """One file of a model at its source. path: inside the repository, or a full URL."""

    path: str
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    bytes: int | None = Field(default=None, gt=0)

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]


class Entry(Settings):
    """One model.

    id: the name in recipes and of the folder it lies in. base: the family whose parts fit together.
    repository, revision: on the Hugging Face hub. page: where people get it by hand, when nothing can fetch it.
    hashes: how Auto1111 shows it (the first digits of the sha256); several where several files go by this name.
    terms: what the licence forbids. memory_gb: graphics memory it takes in half precision, weights alone.
    stored: name in its folder -> sha256 of every file of a model that comes with Photoplay.
    """

    id: str
    kind: Kind
    base: Base
    what: str
    licence: str
    repository: str | None = None
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    page: str | None = None
    files: tuple[RemoteFile, ...] = ()
    hashes: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    memory_gb: float | None = None
    trigger_words: tuple[str, ...] = ()
    stored: dict[str, str] = Field(default_factory=dict)

    @property
    def embedded(self) -> bool:
        """Whether it comes with Photoplay."""
        return bool(self.stored)

    @property
    def source(self) -> str:
        """Where people get it, in words."""
        if self.embedded:
            return EMBEDDED
        if self.repository:
            folder = self.files[0].path.rpartition("/")[0] if self.files else ""
            return f"{HUB}/{self.repository}" + (f", folder {folder}" if folder else "")
        return self.page or self.files[0].path

    @property
    def bytes(self) -> int | None:
        """How much there is to fetch; None when a size is not known."""
        sizes = [file.bytes for file in self.files]
        return sum(size for size in sizes if size) if sizes and all(sizes) else None


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Everything in the catalogue, in its order."""
    models = tomllib.loads(DATA.read_text(encoding="utf-8"))["model"]
    return tuple(Entry.model_validate(model) for model in models)


def entry(kind: Kind, id: str) -> Entry | None:
    """What the catalogue knows of this model; None when it does not know it."""
    return next((e for e in entries() if (e.kind, e.id) == (kind, id)), None)


def by_sha256(kind: Kind, sha256: str) -> Entry | None:
    """The model that this file is, by its sha256 or by the first digits that are known; None for one of your own."""
    for known in entries():
        whole = (file.sha256 for file in known.files)
        if known.kind == kind and (sha256 in whole or any(sha256.startswith(short) for short in known.hashes)):
            return known
    return None


def terms_of(entry: Entry) -> str | None:
    """What the licence forbids, in a sentence; None when it forbids neither commerce nor derivatives."""
    words = {"no commerce": "commercial use", "no derivatives": "handing on anything derived from it"}
    forbidden = " and ".join(words[term] for term in entry.terms)
    return f"The licence of {entry.id} ({entry.licence}) forbids {forbidden}." if forbidden else None
