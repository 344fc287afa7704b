"""What trainings have left behind: their settings, losses, pictures while they learned, saved steps, and the LoRAs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ModelMissing, RecipeError, TrainingError
from pipeline.files import atomic
from pipeline.models.library import listed
from pipeline.models.store import FILES, ModelStore
from pipeline.recipe.recipe import Recipe
from training.characters.settings import Training
from verbs.training_orders import CHARACTERS, training_from
from workspaces.home import Home

SETTINGS = "settings.json"
CHECKPOINTS, SAMPLES = "checkpoints", "samples"
TRIAL = re.compile(r"(?P<name>.+)-step-\d+")
"""What a LoRA in training is called for as long as it is tried on."""
KEPT_STEP = re.compile(r"(?P<name>.+)-at-\d+")
"""What a saved step is called that was chosen."""
LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class Result:
    """One training of an owner's, by the name of its LoRA. folder: where everything of it lies."""

    name: str
    folder: Path

    @property
    def pictures(self) -> Path:
        """The prepared pictures."""
        return self.folder / "pictures"

    @property
    def lora(self) -> Path:
        """The finished LoRA, which may not be there yet."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def checkpoints(self) -> dict[int, Path]:
        """Step -> the LoRA as it was then."""
        return _by_step(self.folder / CHECKPOINTS, ".safetensors")

    @property
    def samples(self) -> dict[int, Path]:
        """Step -> the artist's frame with the LoRA as it was then."""
        return _by_step(self.folder / SAMPLES, ".png")

    @property
    def settings(self) -> Training | None:
        """The settings used last; None when they cannot be read."""
        try:
            return training_from(json.loads((self.folder / SETTINGS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecipeError):
            return None

    def losses(self) -> list[tuple[int, float]]:
        """Step and loss, in order."""
        from training.characters.state import read_losses

        return read_losses(self.folder)


@dataclass(frozen=True)
class Lora:
    """A LoRA that recipes can name. trigger, base: what its file says of them, empty when it does not.

    file: its weights, with the names that other programs know where it was trained here. trained: by this owner, here.
    """

    name: str
    trigger: str
    base: str
    file: Path
    trained: bool


def remember(settings: Training, folder: Path) -> None:
    """Keep the settings of a training in its folder. Raises OutputError."""
    with atomic(folder / SETTINGS) as part:
        part.write_text(settings.model_dump_json(indent=1), encoding="utf-8")


def results_of(home: Home, owner: str) -> list[Result]:
    """The trainings of an owner, the newest first."""
    folders = [path for path in (home.workspace(owner) / CHARACTERS).glob("[!.]*/") if (path / "pictures").is_dir()]
    return [Result(path.name, path) for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)]


def result_of(home: Home, owner: str, name: str) -> Result:
    """The owner's training of this name. Raises TrainingError when they have none, whoever else may."""
    for result in results_of(home, owner):
        if result.name == name:
            return result
    raise TrainingError(f"There is no character {name}.", "Choose one of the list, or drop pictures.")


def loras_of_others(home: Home, owner: str, models: ModelStore) -> frozenset[str]:
    """Names in the store of LoRAs that other people have trained here, their saved steps too: not for this owner."""
    folders = [path for path in home.users.glob(f"*/{CHARACTERS}/*") if path.parents[1].name != owner]
    own = {result.name for result in results_of(home, owner)}
    theirs = {path.name: Result(path.name, path) for path in folders if path.name not in own}

    def of_theirs(id: str) -> bool:
        step = TRIAL.fullmatch(id) or KEPT_STEP.fullmatch(id)
        if step and step["name"] in theirs:
            return True
        return id in theirs and theirs[id].lora.is_file()

    return frozenset(model.id for model in listed(models) if model.kind == "adapter" and of_theirs(model.id))


def check_worn(home: Home, owner: str, recipe: Recipe, models: ModelStore) -> None:
    """Raise ModelMissing when a recipe names a LoRA that somebody else has trained, as if it were not there."""
    named = {lora.name for spec in recipe.passes for one in spec.versions for lora in recipe.loras_of(one)}
    if named and (theirs := sorted(named & loras_of_others(home, owner, models))):
        raise ModelMissing(
            f"There is no LoRA {theirs[0]} here.", "Train it under Characters, or bring its file in under Models."
        )


def loras_for(home: Home, owner: str, models: ModelStore) -> list[Lora]:
    """The LoRAs that an owner's pages list: their own, and those that were brought in."""
    hidden = loras_of_others(home, owner, models)
    own = {result.name: result for result in results_of(home, owner)}
    found: list[Lora] = []
    for model in listed(models):
        trial = TRIAL.fullmatch(model.id)
        if model.kind != "adapter" or not model.here or model.lacking or model.id in hidden or trial:
            continue
        stored = models.place("adapter", model.id) / FILES["adapter"]
        exported = own[model.id].lora if model.id in own else stored
        file = exported if exported.is_file() else stored
        notes = notes_in(file)
        trigger = notes.get("modelspec.trigger_phrase") or (", ".join(model.entry.trigger_words) if model.entry else "")
        found.append(Lora(model.id, trigger, notes.get("ss_sd_model_name", ""), file, model.id in own))
    return found


def notes_in(file: Path) -> Mapping[str, str]:
    """What a safetensors file says about itself; nothing when it says nothing or cannot be read."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header: Any = json.loads(stream.read(length)) if length < LONGEST_HEADER else {}
    except (OSError, ValueError):
        return {}
    notes = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return {str(name): str(value) for name, value in notes.items()} if isinstance(notes, dict) else {}


def _by_step(folder: Path, suffix: str) -> dict[int, Path]:
    files = [path for path in sorted(folder.glob(f"*{suffix}")) if path.stem.isdecimal()]
    return {int(path.stem): path for path in files}
