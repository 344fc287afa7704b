"""Where the models lie on this machine. Finds and names them; loads none."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelMissing
from pipeline.keys import Key, key_of, key_of_file
from pipeline.models.catalogue import Entry, Kind, entry
from pipeline.recipe.recipe import Recipe
from pipeline.recipe.temporal import AnimateDiff

PARTS = ("unet", "vae", "text_encoder", "tokenizer")
"""The folders of a checkpoint in the diffusers layout; all of them decide the picture."""
DRAFT = Path(__file__).parent / "draft"
"""The embedded model: the parts of a checkpoint, and one folder `controlnet-KIND` for each control."""
FOLDERS: dict[Kind, str] = {
    "checkpoint": "checkpoints",
    "control": "controlnets",
    "vae": "vaes",
    "adapter": "loras",
    "embedding": "embeddings",
    "upscaler": "upscalers",
    "motion": "motion",
    "estimator": "annotators",
}
"""Kind -> the folder, below that of all models, with one folder for each model of the kind."""
WORDS: dict[Kind, str] = {
    "checkpoint": "checkpoint",
    "control": "ControlNet",
    "vae": "autoencoder",
    "adapter": "LoRA",
    "embedding": "embedding",
    "upscaler": "upscaler",
    "motion": "motion adapter",
    "estimator": "estimator",
}
FILES: dict[Kind, str] = {
    "adapter": "adapter.safetensors",
    "embedding": "embedding.safetensors",
    "upscaler": "upscaler.safetensors",
}
"""Kinds of which a model is one file -> the file's name in the model's folder."""
RECORD = "import.json"
"""What is known about how a model came here. It decides no picture, so it is left out of keys."""
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Ids name folders, and recipes come from strangers: no separators, no leading dot."""


@dataclass(frozen=True)
class Checkpoint:
    """A Stable Diffusion model on this machine: a folder with `PARTS`, and the sha256 over their files.

    vae: the autoencoder that is used in place of its own, and counted in its place; None = its own.
    """

    id: str
    folder: Path
    key: Key
    vae: Weights | None = None


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


@dataclass(frozen=True)
class Weights:
    """Any other model on this machine: its folder, and the sha256 over its files. One file of FILES, or a network."""

    kind: Kind
    id: str
    folder: Path
    key: Key


class ModelStore:
    """The models under `folder`, one folder each, by kind, and the embedded draft model.

    `checkpoints/ID`, `controlnets/ID`, `vaes/ID` and `motion/ID` are in the diffusers layout; the rest is in FILES.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self, id: str, vae: str = "") -> Checkpoint:
        """The checkpoint of this name, with another autoencoder where one is named.

        Raises ModelMissing when either is not on this machine or incomplete.
        """
        folder, other = self._find("checkpoint", id), self.weights("vae", vae) if vae else None
        parts = [folder / part if part != "vae" or other is None else other.folder for part in PARTS]
        return Checkpoint(id, folder, key_of("checkpoint", 1, {}, [_key_of_files(part) for part in parts]), other)

    def control(self, id: str) -> Control:
        """The ControlNet of this name. Raises ModelMissing when it is not on this machine or incomplete."""
        folder = self._find("control", id)
        return Control(id, folder, _key_of_files(folder))

    def annotator(self, id: str) -> Annotator | None:
        """The estimator of this name; None when it is not here, for there is always one that needs no download."""
        folder = self.folder / "annotators" / id
        return Annotator(id, folder, _key_of_files(folder)) if folder.is_dir() else None

    def weights(self, kind: Kind, id: str) -> Weights:
        """The model of this kind and name. Raises ModelMissing when it is not on this machine or incomplete."""
        folder = self._find(kind, id)
        return Weights(kind, id, folder, _key_of_files(folder))

    def needed(self, recipe: Recipe) -> tuple[tuple[Kind, str], ...]:
        """Kind and name of each model that the recipe's active passes, controls, LoRAs and motion need, each once."""
        controls = [c.model for p in recipe.active_passes for c in p.controls if c.weight > 0]
        loras = [lora.name for p in recipe.active_passes for one in p.versions for lora in recipe.loras_of(one)]
        needed: list[tuple[Kind, str]] = [("checkpoint", recipe.checkpoint), *(("control", id) for id in controls)]
        if recipe.vae:
            needed.append(("vae", recipe.vae))
        needed.extend(("adapter", id) for id in loras)
        needed.extend(("motion", p.temporal.model) for p in recipe.active_passes if isinstance(p.temporal, AnimateDiff))
        return tuple(dict.fromkeys(needed))

    def embeddings_in(self, words: str) -> tuple[Weights, ...]:
        """The embeddings on this machine whose names stand in a prompt, in whatever letters."""
        folder = self.folder / FOLDERS["embedding"]
        ids = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        named = [id for id in ids if id.lower() in words.lower() and not lacking_in("embedding", folder / id)]
        return tuple(self.weights("embedding", id) for id in named if SAFE_ID.fullmatch(id))

    def lacking(self, recipe: Recipe) -> dict[tuple[Kind, str], ModelMissing]:
        """Those of the needed models that are not here, each with what to say about it."""
        faults: dict[tuple[Kind, str], ModelMissing] = {}
        for kind, id in self.needed(recipe):
            try:
                self._find(kind, id)
            except ModelMissing as error:
                faults[kind, id] = error
        return faults

    def missing(self, recipe: Recipe) -> tuple[str, ...]:
        """One sentence for each model that the recipe's active passes and controls need and that is not here."""
        return tuple(fault.message for fault in self.lacking(recipe).values())

    def place(self, kind: Kind, id: str) -> Path:
        """Where this model lies if it is here. Raises ModelMissing when `id` cannot be a name."""
        if not SAFE_ID.fullmatch(id):
            raise ModelMissing(
                f"{id!r} is not a model name.",
                "Use letters, digits, dots, dashes and underscores, as in a folder's name.",
            )
        known = entry(kind, id)
        if known is None or not known.embedded:
            return self.folder / FOLDERS[kind] / id
        return DRAFT if kind == "checkpoint" else DRAFT / id.replace("draft-", "controlnet-")

    def _find(self, kind: Kind, id: str) -> Path:
        """The folder of a complete model. Raises ModelMissing with the reason and what to do."""
        folder = self.place(kind, id)
        if not folder.is_dir():
            raise ModelMissing(f"The {described(kind, id)} is not on this machine.", _advice(kind, id, folder))
        if lacking := lacking_in(kind, folder):
            raise ModelMissing(
                f"The {described(kind, id)} is incomplete: its folder lacks {', '.join(lacking)}.",
                _advice(kind, id, folder),
            )
        return folder


def lacking_in(kind: Kind, folder: Path) -> list[str]:
    """The parts that a model's folder should have and has not. Looks for files and opens none."""
    if kind == "checkpoint":
        return [part for part in PARTS if not _has_config(folder / part)]
    if kind in FILES:
        return [] if (folder / FILES[kind]).is_file() else [FILES[kind]]
    if kind == "estimator":
        return [] if any(path.name != RECORD for path in folder.iterdir()) else ["its weights"]
    return [] if _has_config(folder) else ["config.json"]


def _has_config(folder: Path) -> bool:
    """Whether a part of a model is there: a network has a config.json, a tokenizer its vocabulary."""
    names = ("tokenizer.json", "vocab.json") if folder.name == "tokenizer" else ("config.json",)
    return any((folder / name).is_file() for name in names)


def described(kind: Kind, id: str) -> str:
    """Kind and name, and the base where the catalogue knows it."""
    known = entry(kind, id)
    return f"{WORDS[kind]} {id}" + (f" ({known.base})" if known and not known.embedded else "")


def _advice(kind: Kind, id: str, folder: Path) -> str:
    """What to do about a model that is not here."""
    known = entry(kind, id)
    if known is None:
        return "Check the name, or import the file you have: `python cli.py models import FILE`."
    if known.embedded:
        return f"It is part of Photoplay and belongs at {folder}: install Photoplay again."
    return f"{_way(known)} (licence: {known.licence}); it then lies at {folder}."


def _way(known: Entry) -> str:
    """How a model of the catalogue is got."""
    if not known.files:
        return f"Get it from {known.source} and import the file: `python cli.py models import FILE`"
    return f"Get it from {known.source} with `python cli.py models fetch {known.id}`, or import the file you have"


def _key_of_files(folder: Path) -> Key:
    """The sha256 over a folder's files, computed once for as long as none of them changes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != RECORD)
    stats = [p.stat() for p in files]
    return _remembered_key(folder, tuple((str(p), s.st_size, s.st_mtime_ns) for p, s in zip(files, stats, strict=True)))


@functools.lru_cache(maxsize=256)
def _remembered_key(folder: Path, files: tuple[tuple[str, int, int], ...]) -> Key:
    """The key of a folder whose files have these names, sizes and times. Gigabytes are read, hence the memory."""
    paths = [Path(name) for name, _, _ in files]
    return key_of("folder", 1, {str(path.relative_to(folder)): key_of_file(path) for path in paths}, ())
