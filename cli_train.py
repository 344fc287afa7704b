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
    train.add_argument("--look", action="store_true", help="look at the pictures, say what is missing, and end")
    train.add_argument("--queue", action="store_true", help="put the training in line; `jobs run` carries it out")
    train.add_argument("--out", type=Path, help="also write the LoRA to this file")


def run(options: argparse.Namespace, open_studio: Open, stop: Event) -> int:
    """Look at the pictures, train, and import the LoRA. stop: set when the person interrupts it. Returns 0.

    Raises PhotoplayError.
    """
    from pipeline.progress import Progress

    settings = _settings(options)
    progress = Progress(_say, stop)
    with open_studio(options) as studio:
        prepared = studio.trainings.prepare_pictures(OWNER, options.pictures, settings, progress)
        print(prepared.review.text(), file=sys.stderr)
        if options.look:
            _print({"pictures": str(prepared.folder), "missing": prepared.review.missing}, options)
        elif options.queue:
            job = studio.trainings.submit_training(OWNER, settings, _sample(studio, prepared.folder, options))
            _print({"job": job.id}, options)
        else:
            sample = _sample(studio, prepared.folder, options)
            _finish(studio.trainings.train(OWNER, settings, sample, progress), settings, options)
    return 0


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
    from training_orders import training_from

    given = {name: getattr(options, name) for name in (*WORDS, *NUMBERS)}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for change in options.set:
        name, equals, value = change.partition("=")
        if not equals:
            raise RecipeError(f"{change!r} changes nothing.", "Write it as SETTING=VALUE, for instance seed=2.")
        values[name.strip()] = value.strip()
    return training_from(values)


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
