"""A training from its prepared pictures to a LoRA that recipes can name: trained, written, brought into the store.

The steps are taken on the accelerator's thread, one turn after the other; the news of them are told, and previews made,
on the thread of whoever asked. Taking a course up again goes on from the last saved state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.engine.engine import Engine, Priority
from pipeline.errors import TrainingError
from pipeline.files import explained
from pipeline.frames import Picture
from pipeline.keys import key_of_file
from pipeline.models.importing import Wish, import_model
from pipeline.models.lora import LowRank
from pipeline.models.record import read_record
from pipeline.models.store import ModelStore
from pipeline.progress import Progress
from training.characters.dataset import read_dataset
from training.characters.export import export
from training.characters.lora import Place, Reached, train
from training.characters.settings import Training

STAGE = "training"
LoRA = dict[str, LowRank]
Watch = Callable[[int, Mapping[str, LowRank]], Picture | None]
"""Is shown the LoRA at a saved step, and gives a picture of it, if it has one."""


@dataclass(frozen=True)
class Course:
    """What is trained where. folder: holds the prepared pictures, the training's state, and in the end the LoRA."""

    settings: Training
    folder: Path

    @property
    def pictures(self) -> Path:
        """The prepared pictures with their dataset."""
        return self.folder / "pictures"

    @property
    def out(self) -> Path:
        """The finished LoRA."""
        return self.folder / f"{self.settings.name}.safetensors"


@dataclass(frozen=True)
class Machine:
    """What a training runs on, and where its base and its LoRA lie."""

    engine: Engine
    models: ModelStore


@dataclass(frozen=True)
class Trained:
    """A finished training. loss: smoothed, at the end; None when nothing was left to do."""

    file: Path
    name: str
    loss: float | None


def run_course(course: Course, machine: Machine, progress: Progress, watch: Watch | None = None) -> Trained:
    """Train, write the LoRA to `course.out`, and import it under its name. What is finished already is left alone.

    watch: is shown the LoRA whenever it was saved, on this thread. Raises Cancelled between two steps, TrainingError,
    ModelMissing for the base, and OutputError.
    """
    check_name(course, machine.models)
    settings, dataset = course.settings, read_dataset(course.pictures)
    checkpoint = machine.models.checkpoint(settings.base)
    news: deque[Reached] = deque()
    place = Place(course.folder, torch.device(machine.engine.device))
    with explained(course.folder):
        work = train(dataset, settings, checkpoint, place, news.append)
        first, reached, lora = None, None, None
        while lora is None:
            lora = machine.engine.run(_until_news(work, news), Priority.TRAINING, progress.stop)
            while news:
                reached = news.popleft()
                first = reached.step - 1 if first is None else first
                _tell(reached, first, settings, progress, watch)
        if reached is not None or not machine.models.place("adapter", settings.name).exists():
            export(lora, settings, dataset, course.out)
    import_model(course.out, machine.models, Wish(settings.name))
    return Trained(course.out, settings.name, reached.loss if reached is not None else None)


def check_name(course: Course, models: ModelStore) -> None:
    """Raise TrainingError when the store has another LoRA of this name than the one this course has made."""
    kept = models.place("adapter", course.settings.name)
    if not kept.exists():
        return
    record = read_record(kept)
    if record is None or not course.out.is_file() or record.sha256 != key_of_file(course.out):
        raise TrainingError(
            f"There is a LoRA called {course.settings.name} already.",
            f"Choose another name, or remove it: `python cli.py models remove {course.settings.name}`.",
        )


def _tell(reached: Reached, first: int, settings: Training, progress: Progress, watch: Watch | None) -> None:
    """What is saved is not lost when the training is stopped there, so those steps alone count as lasting."""
    if reached.lora is None:
        progress.say(STAGE, reached.step, settings.steps)
        return
    picture = None if watch is None else watch(reached.step, reached.lora)
    progress.say(STAGE, reached.step, settings.steps, first, picture)


def _until_news(work: Generator[None, None, LoRA], news: deque[Reached]) -> Generator[None, None, LoRA | None]:
    """Go on with the work until it has news. Returns what it returns, None before."""
    while not news:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield
    return None
