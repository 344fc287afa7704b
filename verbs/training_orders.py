"""Orders for trainings: their settings as people write them, their pictures, where they lie, and how jobs hold them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from jobs.executor import Executor
from jobs.job import Job
from pipeline.clip.probe import probe
from pipeline.errors import RecipeError, RefusedFile
from pipeline.files import explained
from pipeline.progress import Progress
from pipeline.unzip import unpack
from training.characters.assemble import fitting
from training.characters.settings import Training
from workspaces.home import Home
from workspaces.intake.door import check_file
from workspaces.limits import Limits

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine
    from pipeline.portraits.facts import Portraits
    from pipeline.portraits.review import Review
    from pipeline.render import Order, Preview

TRAIN = "train"
"""The kind of the jobs that train a LoRA."""
CHARACTERS = "characters"
"""The folder of a workspace with a folder for each training, called as its LoRA."""


@dataclass(frozen=True)
class Bench:
    """What the studio lends to trainings: the accelerator, previews, renders, orders out of jobs, the line of jobs."""

    engine: Callable[[], Engine]
    preview: Callable[[Order, Progress], Preview]
    render: Callable[[Order, Progress], object]
    order_of: Callable[[Job], Order]
    jobs: Callable[[], Executor]


@dataclass(frozen=True)
class Prepared:
    """Pictures ready for a training. folder: where they lie."""

    folder: Path
    portraits: Portraits
    review: Review


def training_from(values: Mapping[str, Any]) -> Training:
    """Settings out of plain values; what is not given is as it suits the base. Raises RecipeError for all faults."""
    try:
        settings = Training.model_validate(dict(values))
    except ValidationError as error:
        faults = "; ".join(f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg']}" for fault in error.errors())
        raise RecipeError(
            f"{faults}.", f"The settings of a training are {', '.join(Training.model_fields)}."
        ) from error
    suited = {name: value for name, value in fitting(settings.base).items() if name not in values}
    return settings.model_copy(update=suited)


def folder_of(home: Home, owner: str, settings: Training) -> Path:
    """Where a training of an owner's lies. Raises RefusedFile for an id that names no owner."""
    return home.workspace(owner) / CHARACTERS / settings.name


def spec_of_training(settings: Training, folder: Path, sample: Mapping[str, Any] | None) -> dict[str, Any]:
    """A training as plain data. sample: the order of its samples, as plain data."""
    return {"training": settings.model_dump(mode="json"), "out": str(folder.absolute()), "sample": sample}


def sample_of(job: Job) -> Job | None:
    """The order of a training job's samples, as a render job would hold it; None when there are none."""
    sample = job.spec.get("sample")
    return None if sample is None else replace(job, spec=cast(Mapping[str, Any], sample))


def training_of(job: Job) -> tuple[Training, Path]:
    """The settings of a training job, and its folder."""
    return training_from(cast(dict[str, Any], job.spec["training"])), Path(str(job.spec["out"]))


def prepare_from(sources: Sequence[Path], folder: Path, limits: Limits, progress: Progress) -> Prepared:
    """Prepare the pictures of a folder, a zip or a clip, or several pictures, in `folder`.

    Raises RefusedFile for what may not be opened, FootageError, TrainingError when there are no pictures, OutputError.
    """
    from pipeline.portraits.prepare import prepare
    from pipeline.portraits.review import review

    with _pictures_of(sources, folder, limits, progress) as pictures:
        portraits = prepare(pictures, folder, round(limits.megapixels * 1e6), progress)
    return Prepared(folder, portraits, review(portraits))


@contextmanager
def _pictures_of(sources: Sequence[Path], folder: Path, limits: Limits, progress: Progress) -> Iterator[list[Path]]:
    """The files to look at; those out of a zip or a clip are there for as long as the block lasts."""
    from pipeline.portraits.gather import pictures_in

    if len(sources) == 1 and sources[0].is_dir():
        yield pictures_in(sources[0])
        return
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=folder) as name:
            unpacked = Path(name) / "pictures"
            if len(sources) == 1:
                _unpack(sources[0], unpacked, limits, progress)
            else:
                _together(sources, unpacked)
            yield pictures_in(unpacked)


def _unpack(source: Path, unpacked: Path, limits: Limits, progress: Progress) -> None:
    """The pictures of a single file into a new folder. Raises RefusedFile, FootageError."""
    from pipeline.portraits.choose import choose, write_chosen
    from pipeline.portraits.gather import unpacked_as

    kind = check_file(source, limits)
    if kind == "archive":
        unpack(source, unpacked, unpacked_as)
    elif kind == "video":
        shot = probe(source)
        write_chosen(shot, choose(shot, progress), unpacked)
    elif kind == "picture":
        _together([source], unpacked)
    else:
        raise RefusedFile(f"{source.name} holds no pictures.", "Give a folder or a zip of pictures, or a clip.")


def _together(files: Sequence[Path], unpacked: Path) -> None:
    """Files from anywhere into one new folder; of the same name each gets a number of its own."""
    unpacked.mkdir(parents=True)
    for number, file in enumerate(files):
        place = unpacked / file.name
        shutil.copyfile(file, unpacked / f"{number:03d}-{file.name}" if place.exists() else place)
