"""The command `python cli.py train`: from a folder of pictures to a LoRA that recipes and prompts can name."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.progress import Step
    from pipeline.render import Order
    from studio import Studio
    from training.characters.course import Trained
    from training.characters.settings import Training

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""
OWNER = "local"
WEIGHT = 0.8
"""How much a LoRA counts in a probe."""
SAID_EVERY = 10
"""Steps between two lines about how far the training is."""
WORDS = ("name", "trigger", "kind", "base", "consent")
NUMBERS = ("steps", "rank", "rate", "resolution")


def add_options(train: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `train`."""
    train.add_argument("pictures", type=Path, help="a folder or a zip of pictures, or a clip")
    train.add_argument("--name", required=True, help="what the LoRA is called: <lora:NAME:0.8>")
    train.add_argument("--trigger", required=True, help="the words in a prompt that call the character")
    train.add_argument("--kind", choices=("character", "style"), help="a likeness, or the look of the pictures")
    train.add_argument("--base", help="the checkpoint it is trained on; the draft model unless given")
    train.add_argument("--consent", help="whose face it is, and that they have agreed; kept in the LoRA's notes")
    train.add_argument("--steps", help="training steps")
    train.add_argument("--rank", help="size of the LoRA")
    train.add_argument("--rate", help="learning rate")
    train.add_argument("--resolution", help="side of a square picture; what suits the base unless given")
    train.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="change another setting")
    train.add_argument("--preview", metavar="SHOT:FRAME", help="show the LoRA on this frame whenever it is saved")
    train.add_argument("--preset", default="draft", help="the recipe that the frame is rendered with")
    train.add_argument(
        "--vary", action="append", default=[], metavar="SETTING=V,V", help="train once for each: rank=8,16 or rate=2e-4"
    )
    train.add_argument("--trigger-alone", action="store_true", help="train once more with the trigger as only caption")
    train.add_argument("--sheet", metavar="W,W", help="then put the frame at each of these weights in line, to choose")
    train.add_argument("--probe", metavar="FIRST-LAST", help="then put these frames without it and with it in line")
    train.add_argument("--look", action="store_true", help="look at the pictures, say what is missing, and end")
    train.add_argument("--queue", action="store_true", help="put the training in line; `jobs run` carries it out")
    train.add_argument("--out", type=Path, help="also write the LoRA to this file")


def run(options: argparse.Namespace, open_studio: Open, stop: Event) -> int:
    """Look at the pictures, train, and import the LoRA. stop: set when the person interrupts it. Returns 0.

    Raises PhotoplayError.
    """
    from pipeline.progress import Progress

    settings = _settings(options)
    others = _several(settings, options)
    progress = Progress(_say, stop)
    with open_studio(options) as studio:
        prepared = studio.trainings.prepare_pictures(OWNER, options.pictures, settings, progress)
        print(prepared.review.text(), file=sys.stderr)
        if options.look:
            _print({"pictures": str(prepared.folder), "missing": prepared.review.missing}, options)
            return 0
        sample = _sample(studio, prepared.folder, options)
        if options.queue:
            jobs = studio.trainings.submit_variations(OWNER, settings, others, sample)
            _print({"job": jobs[0].id} if len(jobs) == 1 else {"jobs": [job.id for job in jobs]}, options)
            return 0
        studio.trainings.prepare_variations(OWNER, settings, others)
        for one in others:
            _finish(studio.trainings.train(OWNER, one, _own(sample, one, settings), progress), one, options)
        _try_on(studio, others, sample, options)
    return 0


def _several(settings: Training, options: argparse.Namespace) -> list[Training]:
    """The training and its variations. Raises RecipeError, TrainingError."""
    from pipeline.errors import RecipeError
    from verbs.variations import trigger_alone, variations

    if (options.sheet or options.probe) and options.preview is None:
        raise RecipeError("There is no frame to try the LoRA on.", "Name one with --preview SHOT:FRAME.")
    values: dict[str, list[float]] = {"rank": [], "rate": []}
    for change in options.vary:
        name, _, numbers = change.partition("=")
        try:
            values[name.strip()] += [float(number) for number in numbers.split(",")]
        except (KeyError, ValueError) as error:
            raise RecipeError(f"{change!r} varies nothing.", "Write it as rank=8,16 or rate=2e-4,4e-4.") from error
    found = variations(settings, [int(rank) for rank in values["rank"]], values["rate"])
    return [*found, trigger_alone(settings)] if options.trigger_alone else found


def _own(sample: Order | None, one: Training, settings: Training) -> Order | None:
    """The sample of a variation, written into a folder of its own."""
    from dataclasses import replace

    if sample is None or one.name == settings.name:
        return sample
    return replace(sample, out=sample.out.parents[1] / one.name / sample.out.name)


def _try_on(studio: Studio, others: list[Training], sample: Order | None, options: argparse.Namespace) -> None:
    """Put a sheet and a probe of what was trained in line. Raises PhotoplayError."""
    from dataclasses import replace

    from pipeline.frames import FrameRange
    from verbs.training_trials import Candidate

    if sample is None:
        return
    candidates, jobs = [Candidate(one.name) for one in others], dict[str, str]()
    if options.sheet:
        weights = _weights(options.sheet)
        jobs["sheet"] = studio.fittings.submit_sheet(OWNER, candidates, weights, [sample.recipe.seed], sample).id
    if options.probe:
        order = replace(sample, frames=FrameRange.parse(options.probe))
        for one in candidates:
            lora = studio.fittings.lora(OWNER, one.name)
            jobs[f"probe {one.name}"] = studio.fittings.submit_probe(OWNER, one, lora, WEIGHT, order).id
    if jobs:
        _print(jobs, options)


def _finish(trained: Trained, settings: Training, options: argparse.Namespace) -> None:
    file = trained.file
    if options.out is not None:
        file = _copied(trained.file, options.out)
    prompt = f"{settings.trigger} <lora:{trained.name}:0.8>"
    _print({"lora": trained.name, "file": str(file), "prompt": prompt}, options)


def _sample(studio: Studio, pictures: Path, options: argparse.Namespace) -> Order | None:
    """Which frame the LoRA is shown on, and how. Raises PhotoplayError."""
    from pipeline.frames import FrameRange
    from pipeline.render import Order

    if options.preview is None:
        return None
    shot, _, frame = options.preview.rpartition(":")
    plate = studio.shot(Path(shot or frame))
    recipe = studio.recipe(options.preset)
    return Order(plate, recipe, FrameRange.parse(frame if shot else "0"), pictures.with_name("samples"))


def _settings(options: argparse.Namespace) -> Training:
    """What the options say about the training. Raises RecipeError."""
    from pipeline.errors import RecipeError
    from verbs.training_orders import training_from

    given = {name: getattr(options, name) for name in (*WORDS, *NUMBERS)}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for change in options.set:
        name, equals, value = change.partition("=")
        if not equals:
            raise RecipeError(f"{change!r} changes nothing.", "Write it as SETTING=VALUE, for instance seed=2.")
        values[name.strip()] = value.strip()
    return training_from(values)


def _weights(text: str) -> list[float]:
    """The weights of a sheet. Raises RecipeError."""
    from pipeline.errors import RecipeError

    try:
        return [float(weight) for weight in text.split(",")]
    except ValueError as error:
        raise RecipeError(f"{text!r} are no weights.", "Write them as 0.6,0.8,1.") from error


def _copied(file: Path, out: Path) -> Path:
    from shutil import copyfile

    from pipeline.files import atomic

    with atomic(out) as part:
        copyfile(file, part)
    return out


def _print(facts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(facts))
    else:
        print("\n".join(f"{name + ':':9} {value}" for name, value in facts.items()))


def _say(step: Step) -> None:
    if step.done % SAID_EVERY == 0 or step.done == step.total:
        print(f"{step.stage}: {step.done} of {step.total}", file=sys.stderr, flush=True)
