"""Trainings: the studio's verbs for LoRAs, from a folder of pictures to a model that recipes can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.executor import Request
from jobs.job import Job
from pipeline.clip.still import encode_png
from pipeline.engine.lease import Priority
from pipeline.errors import RefusedFile
from pipeline.files import atomic
from pipeline.frames import Picture
from pipeline.models.store import ModelStore
from pipeline.plan import plan_render
from pipeline.progress import Progress
from training.characters.settings import Training
from verbs.orders import spec_of
from verbs.training_orders import (
    TRAIN,
    Bench,
    Prepared,
    folder_of,
    prepare_from,
    sample_of,
    spec_of_training,
    training_of,
)
from verbs.training_results import CHECKPOINTS, SAMPLES, check_worn, remember
from verbs.variations import share_pictures, speak_trigger_alone, trigger_alone
from workspaces.home import LOCAL
from workspaces.rooms import Rooms

if TYPE_CHECKING:
    from pipeline.models.lora import LowRank
    from pipeline.render import Order, Preview
    from training.characters.captions import Row
    from training.characters.course import Course, Trained


class Trainings:
    """What an artist can ask for around LoRAs. Verbs name the owner, and reach nothing that is another's."""

    def __init__(self, rooms: Rooms, models: ModelStore, bench: Bench) -> None:
        self._rooms, self._models, self._bench = rooms, models, bench

    def prepare_pictures(self, owner: str, source: Path, settings: Training, progress: Progress) -> Prepared:
        """Look at the pictures for a training: a folder of this machine, or a zip, a clip or a picture.

        Raises RefusedFile, FootageError, TrainingError when there are no pictures, OutputError.
        """
        if owner != LOCAL and (source.is_dir() or not self._rooms.exchange.may_read(owner, source)):
            raise RefusedFile("There is no such file.", "Drop the pictures again.")
        prepared = prepare_from([source], self._pictures(owner, settings), self._rooms.limits, progress)
        remember(settings, prepared.folder.parent)
        return prepared

    def receive_pictures(self, owner: str, uploads: Sequence[Path], settings: Training, progress: Progress) -> Prepared:
        """Look at what an owner has uploaded: pictures with texts beside them, a zip, or a clip.

        Raises RefusedFile, FootageError, TrainingError when there are no pictures, OutputError.
        """
        exchange = self._rooms.exchange
        try:
            there = [exchange.received(owner, path) for path in uploads]
            prepared = prepare_from(there, self._pictures(owner, settings), self._rooms.limits, progress)
            remember(settings, prepared.folder.parent)
            return prepared
        finally:
            for path in uploads:
                exchange.used_up(owner, path)

    def review(self, owner: str, settings: Training) -> Prepared:
        """What was found in an owner's prepared pictures. Raises TrainingError when there are none."""
        from pipeline.portraits.facts import read_facts
        from pipeline.portraits.review import review

        portraits = read_facts(self._pictures(owner, settings))
        return Prepared(self._pictures(owner, settings), portraits, review(portraits))

    def captions(self, owner: str, settings: Training) -> list[Row]:
        """The captions of an owner's prepared pictures, as a table. Raises TrainingError when there are none."""
        from pipeline.portraits.facts import read_facts
        from training.characters.captions import captions

        folder = self._pictures(owner, settings)
        return captions(read_facts(folder).pictures, settings, folder)

    def edit_captions(self, owner: str, settings: Training, edits: Mapping[str, str]) -> list[Row]:
        """Change captions, by the pictures' sources; an empty one takes the change back. Returns the table.

        Raises TrainingError, OutputError.
        """
        from training.characters.captions import write_edits

        write_edits(self._pictures(owner, settings), edits)
        return self.captions(owner, settings)

    def train(self, owner: str, settings: Training, sample: Order | None, progress: Progress) -> Trained:
        """Train a LoRA on an owner's prepared pictures and import it; goes on where an earlier try stopped.

        sample: its first frame is rendered with the LoRA whenever that is saved. Raises PhotoplayError.
        """
        return self._run(self._course(owner, settings), sample, progress)

    def submit_training(self, owner: str, settings: Training, sample: Order | None = None) -> Job:
        """Put a training on an owner's prepared pictures in line. sample: as in `train`.

        Raises OverQuota, and TrainingError, ModelMissing or OutputError for what would be refused later anyway.
        """
        course, jobs = self._course(owner, settings), self._bench.jobs()
        self._models.checkpoint(settings.base)
        self._rooms.quota.check_job(owner, jobs.count(owner, ("queued",)))
        if sample is not None:
            self._rooms.check_shot(owner, sample.shot)
            check_worn(self._rooms.home, owner, sample.recipe, self._models)
        remember(settings, course.folder)
        spec = spec_of_training(settings, course.folder, None if sample is None else self._spec(sample))
        return jobs.submit(Request(TRAIN, spec, owner, Priority.TRAINING))

    def submit_variations(
        self, owner: str, settings: Training, others: Sequence[Training], sample: Order | None = None
    ) -> list[Job]:
        """Put trainings on the same pictures in line, each with its own sample pictures. settings: whose pictures.

        Those whose name ends in `-trigger` are captioned with the trigger alone. Raises what `submit_training` raises.
        """
        self.prepare_variations(owner, settings, others)
        jobs: list[Job] = []
        for one in others:
            own = None if sample is None else replace(sample, out=self._pictures(owner, one).with_name(SAMPLES))
            jobs.append(self.submit_training(owner, one, own))
        return jobs

    def prepare_variations(self, owner: str, settings: Training, others: Sequence[Training]) -> None:
        """Give other trainings the prepared pictures of one, with the captions that each is to have.

        Raises TrainingError, OutputError.
        """
        for one in others:
            if one.name != settings.name:
                share_pictures(self._pictures(owner, settings), self._pictures(owner, one))
            if one.name == trigger_alone(settings).name:
                sources = [row.source for row in self.captions(owner, one)]
                speak_trigger_alone(self._pictures(owner, one), sources, one.trigger)

    def carry_out(self, job: Job, progress: Progress) -> None:
        """Carry out a training job; goes on where an earlier attempt stopped. Raises PhotoplayError."""
        from training.characters.course import Course

        asked = sample_of(job)
        sample = None if asked is None else self._bench.order_of(asked)
        self._run(Course(*training_of(job)), sample, progress)

    def _pictures(self, owner: str, settings: Training) -> Path:
        return folder_of(self._rooms.home, owner, settings) / "pictures"

    def _course(self, owner: str, settings: Training) -> Course:
        """A training on an owner's prepared pictures, their dataset written anew. Raises TrainingError, OutputError."""
        from pipeline.portraits.facts import read_facts
        from pipeline.portraits.review import review
        from training.characters.assemble import assemble
        from training.characters.course import Course, check_name

        course = Course(settings, folder_of(self._rooms.home, owner, settings))
        portraits = read_facts(course.pictures)
        assemble(portraits, review(portraits).left_out, settings, course.pictures)
        check_name(course, self._models)
        return course

    def _run(self, course: Course, sample: Order | None, progress: Progress) -> Trained:
        from training.characters.course import Machine, run_course

        def shown(order: Order) -> Preview:
            return self._bench.preview(order, Progress(stop=progress.stop))

        sampler = None if sample is None else Sampler(course, sample, self._models, shown)
        return run_course(course, Machine(self._bench.engine(), self._models), progress, Keeper(course, sampler))

    def _spec(self, sample: Order) -> Mapping[str, object]:
        return spec_of(sample, plan_render(sample.shot, sample.recipe, self._models, self._rooms.home.cache))


@dataclass(frozen=True)
class Keeper:
    """Keeps the LoRA as it is at every saved step, to choose from later, and has it shown where that was asked for."""

    course: Course
    sampler: Sampler | None

    def __call__(self, step: int, lora: Mapping[str, LowRank]) -> Picture | None:
        """The sampler's picture. Raises PhotoplayError."""
        from training.characters.dataset import read_dataset
        from training.characters.export import export

        file = self.course.folder / CHECKPOINTS / f"{step:06d}.safetensors"
        export(lora, self.course.settings, read_dataset(self.course.pictures), file)
        return None if self.sampler is None else self.sampler(step, lora)


@dataclass(frozen=True)
class Sampler:
    """Shows a LoRA in training on a frame of the artist's own, through the recipe it is for.

    order: its first frame is used, and its `out` is where the pictures go. preview: renders an order's first frame.
    """

    course: Course
    order: Order
    models: ModelStore
    preview: Callable[[Order], Preview]

    def __call__(self, step: int, lora: Mapping[str, LowRank]) -> Picture:
        """The frame with the LoRA, also kept as `NNNNNN.png` by the step. Raises PhotoplayError."""
        from training.characters.sample import tried_on, wearing

        settings = self.course.settings
        with tried_on(lora, step, settings, self.course.pictures, self.models) as name:
            made = self.preview(replace(self.order, recipe=wearing(self.order.recipe, name, settings.trigger)))
        with atomic(self.order.out / f"{step:06d}.png") as part:
            part.write_bytes(encode_png(made.result))
        return made.result
