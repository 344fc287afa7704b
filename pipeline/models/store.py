"""Where the models lie on this machine. Finds and names them; loads none."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelMissing
from pipeline.keys import Key, key_of, key_of_folder
from pipeline.models.catalogue import EMBEDDED, Kind, entry
from pipeline.recipe.recipe import Recipe

PARTS = ("unet", "vae", "text_encoder", "tokenizer")
"""The folders of a checkpoint in the diffusers layout; all of them decide the picture."""
DRAFT = Path(__file__).parent / "draft"
"""The embedded model: the parts of a checkpoint, and one folder `controlnet-KIND` for each control."""
FOLDERS: dict[Kind, str] = {"checkpoint": "checkpoints", "control": "controlnets"}
WORDS: dict[Kind, str] = {"checkpoint": "checkpoint", "control": "ControlNet"}
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Ids name folders, and recipes come from strangers: no separators, no leading dot."""


@dataclass(frozen=True)
class Checkpoint:
    """A Stable Diffusion model on this machine: a folder with `PARTS`, and the sha256 over their files."""

    id: str
    folder: Path
    key: Key


@dataclass(frozen=True)
class Control:
    """A ControlNet on this machine: a diffusers ControlNet folder, and the sha256 over its files."""

    id: str
    folder: Path
    key: Key


@dataclass(frozen=True)
class Annotator:
    """The weights of an estimator that draws control pictures, and the sha256 over its folder's files."""

    id: str
    folder: Path
    key: Key


class ModelStore:
    """The models under `folder` and the embedded draft model.

    `checkpoints/ID` and `controlnets/ID` are in the diffusers layout; `annotators/ID` are estimators for controls.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self, id: str) -> Checkpoint:
        """The checkpoint of this name. Raises ModelMissing when it is not on this machine or incomplete."""
        folder = self._find("checkpoint", id)
        return Checkpoint(id, folder, key_of("checkpoint", 1, {}, [_key_of_files(folder / part) for part in PARTS]))

    def control(self, id: str) -> Control:
        """The ControlNet of this name. Raises ModelMissing when it is not on this machine or incomplete."""
        folder = self._find("control", id)
        return Control(id, folder, _key_of_files(folder))

    def annotator(self, id: str) -> Annotator | None:
        """The estimator of this name; None when it is not here, for there is always one that needs no download."""
        folder = self.folder / "annotators" / id
        return Annotator(id, folder, _key_of_files(folder)) if folder.is_dir() else None

    def missing(self, recipe: Recipe) -> tuple[str, ...]:
        """One sentence for each model that the recipe's active passes and controls need and that is not here."""
        controls = [c.model for p in recipe.active_passes for c in p.controls if c.weight > 0]
        needed: list[tuple[Kind, str]] = [("checkpoint", recipe.checkpoint), *(("control", id) for id in controls)]
        sentences = []
        for kind, id in dict.fromkeys(needed):
            try:
                self._find(kind, id)
            except ModelMissing as error:
                sentences.append(error.message)
        return tuple(sentences)

    def _find(self, kind: Kind, id: str) -> Path:
        """The folder of a complete model. Raises ModelMissing with the reason and what to do."""
        if not SAFE_ID.fullmatch(id):
            raise ModelMissing(
                f"{id!r} is not a model name.",
                "Use letters, digits, dots, dashes and underscores, as in a folder's name.",
            )
        folder = self._place(kind, id)
        if not folder.is_dir():
            raise ModelMissing(f"The {_described(kind, id)} is not on this machine.", _advice(kind, id, folder))
        lacking = [part for part in (PARTS if kind == "checkpoint" else (".",)) if not _has_config(folder / part)]
        if lacking:
            raise ModelMissing(
                f"The {_described(kind, id)} is incomplete: its folder lacks {_listed(lacking)}.",
                _advice(kind, id, folder),
            )
        return folder

    def _place(self, kind: Kind, id: str) -> Path:
        """Where this model lies if it is here."""
        known = entry(kind, id)
        if known is None or known.source != EMBEDDED:
            return self.folder / FOLDERS[kind] / id
        return DRAFT if kind == "checkpoint" else DRAFT / id.replace("draft-", "controlnet-")


def _has_config(folder: Path) -> bool:
    """Whether a part of a model is there: a network has a config.json, a tokenizer its vocabulary."""
    names = ("tokenizer.json", "vocab.json") if folder.name == "tokenizer" else ("config.json",)
    return any((folder / name).is_file() for name in names)


def _listed(parts: list[str]) -> str:
    """`["unet", "vae"]` -> `"unet, vae"`; the model's own folder is known by its config.json."""
    return ", ".join("config.json" if part == "." else part for part in parts)


def _described(kind: Kind, id: str) -> str:
    """Kind and name, and the base where the catalogue knows it."""
    known = entry(kind, id)
    return f"{WORDS[kind]} {id}" + (f" ({known.base})" if known and known.source != EMBEDDED else "")


def _advice(kind: Kind, id: str, folder: Path) -> str:
    """What to do about a model that is not here."""
    known = entry(kind, id)
    if known is None:
        return f"Check the name, or put the model at {folder} in the diffusers layout."
    if known.source == EMBEDDED:
        return f"It is part of Photoplay and belongs at {folder}: install Photoplay again."
    return f"Get it from {known.source} (licence: {known.licence}) and put it at {folder} in the diffusers layout."


def _key_of_files(folder: Path) -> Key:
    """The sha256 over a folder's files, computed once for as long as none of them changes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    stats = [p.stat() for p in files]
    return _remembered_key(folder, tuple((str(p), s.st_size, s.st_mtime_ns) for p, s in zip(files, stats, strict=True)))


@functools.lru_cache(maxsize=256)
def _remembered_key(folder: Path, files: tuple[tuple[str, int, int], ...]) -> Key:
    """The key of a folder whose files have these names, sizes and times. Gigabytes are read, hence the memory."""
    return key_of_folder(folder)
