"""The command line: `python cli.py render SHOT --preset draft --out DIR`. The same verbs as the web app."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from commands import composite, cuts, jobs, mattes, models, passes, paste, redo, suggest, train, users
from commands.asked import asked_frames, asked_shot
from commands.told import tell_rendered

if TYPE_CHECKING:
    from pipeline.progress import Progress, Step
    from studio import Studio

FAULT = 2
"""Exit code when the input is wrong or the work cannot be done."""
STOPPED = 130
"""Exit code after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 2 refused with one sentence, 130 stopped."""
    options = parser().parse_args(arguments)
    from pipeline.errors import Cancelled, PhotoplayError

    try:
        return options.run(options)
    except Cancelled as stopped:
        print(stopped, file=sys.stderr)
        return STOPPED
    except PhotoplayError as error:
        if options.json:
            print(json.dumps({"error": error.message, "hint": error.hint}))
        print(f"{error}", file=sys.stderr)
        return FAULT


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="cli.py", description=__doc__)
    home = os.environ.get("PHOTOPLAY_HOME")
    top.add_argument(
        "--home", type=Path, default=Path(home) if home else None, help="folder for models and finished frames"
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    add = commands.add_parser("render", help="render a shot with both passes and measure it")
    _add_look(add)
    add.add_argument("--out", type=Path, required=True, help="folder the result is written to")
    add.add_argument("--frames", help="FIRST-LAST, counted from 0, both included; all frames unless given")
    add.set_defaults(run=_render)

    add = commands.add_parser("preview", help="render one frame and write every layer of it; or suggest strengths")
    _add_look(add)
    add.add_argument("--out", type=Path, required=True, help="folder the pictures are written to")
    add.add_argument("--frame", type=int, default=0, help="which frame, counted from 0")
    suggest.add_options(add)
    add.set_defaults(run=_preview)

    add = commands.add_parser("measure", help="measure a render against its plate")
    add.add_argument("plate", type=Path)
    add.add_argument("render", type=Path)
    add.add_argument("--frames", help="the plate frames that were rendered; all unless given")
    add.add_argument("--passes", type=Path, help="folder with the engine's motion vectors, to measure along them")
    add.add_argument("--character", type=Path, help="folder with pictures of who the face is to be, for the likeness")
    passes.add_footage(add)
    add.set_defaults(run=_measure)

    add = commands.add_parser("presets", help="list the presets and what each needs")
    add.set_defaults(run=_presets)

    add = commands.add_parser("jobs", help="renders in line: add, run, list, show, pause, cancel, resume, remove, gc")
    jobs.add_commands(add, _add_look)
    add.set_defaults(run=lambda options: jobs.run(options, _studio, _stop_on_interrupt()))

    add = commands.add_parser("models", help="the models that recipes name: list, fetch, import, remove, verify")
    models.add_commands(add)
    add.set_defaults(run=lambda options: models.run(options, _studio, _stop_on_interrupt()))

    add = commands.add_parser("passes", help="what of an engine's render is recognised, and what its vectors mean")
    passes.add_options(add)
    add.set_defaults(run=lambda options: passes.run(options, _studio))

    add = commands.add_parser("cuts", help="where a clip begins a new set-up, as it is found and as it is set by hand")
    cuts.add_options(add)
    add.set_defaults(run=lambda options: cuts.run(options, _studio))

    mattes.add_command(commands)
    redo.add_command(commands, _studio, _progress)
    composite.add_commands(commands, _progress)
    add = commands.add_parser("paste", help="make a recipe out of the settings that Auto1111 wrote into a picture")
    paste.add_options(add)
    add.set_defaults(run=lambda options: paste.run(options, _studio))

    add = commands.add_parser("train", help="train a LoRA of a character or a style from pictures")
    train.add_options(add)
    add.set_defaults(run=lambda options: train.run(options, _studio, _stop_on_interrupt()))

    add = commands.add_parser("users", help="who may sign in to the web app: add, list, remove, password")
    users.add_commands(add)
    add.set_defaults(run=users.run)
    for command in (command for name, command in commands.choices.items() if name not in ("jobs", "models", "users")):
        command.add_argument("--json", action="store_true", help="print the result as JSON")
    return top


def _add_look(command: argparse.ArgumentParser) -> None:
    command.add_argument("shot", type=Path, help="the clip to render, or a picture of a numbered sequence")
    command.add_argument("--passes", type=Path, help="folder with the engine's depth, normals, motion and mattes")
    passes.add_footage(command)
    command.add_argument("--preset", required=True, help="a preset's name, or a recipe file ending in .toml")
    command.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="change one setting")


def _progress() -> Progress:
    """Told on the error stream, ended by an interrupt."""
    from pipeline.progress import Progress

    return Progress(_say, _stop_on_interrupt())


def _studio(options: argparse.Namespace) -> Studio:
    from studio import HOME, Studio

    return Studio(options.home or HOME)


def _render(options: argparse.Namespace) -> int:
    from pipeline.render import Order

    with _studio(options) as studio:
        recipe = studio.recipe(options.preset, options.set)
        shot = asked_shot(studio, options)
        frames = asked_frames(options, shot)
        done = studio.render(Order(shot, recipe, frames, options.out), _progress())
    tell_rendered(done, options.json)
    return 0


def _preview(options: argparse.Namespace) -> int:
    if options.suggest:
        return suggest.run(options, _studio, _stop_on_interrupt())
    from pipeline.frames import FrameRange
    from pipeline.render import Order, write_preview

    with _studio(options) as studio:
        recipe = studio.recipe(options.preset, options.set)
        shot = asked_shot(studio, options)
        order = Order(shot, recipe, FrameRange(options.frame, options.frame), options.out)
        files = write_preview(studio.preview(order, _progress()), options.out)
    if options.json:
        print(json.dumps({name: str(path) for name, path in files.items()}, indent=1))
    else:
        print("\n".join(f"{name:24} {path}" for name, path in files.items()))
    return 0


def _measure(options: argparse.Namespace) -> int:
    from pipeline.recipe.footage import footage_with

    with _studio(options) as studio:
        plate = studio.shot(options.plate, footage_with(options.footage), options.passes)
        rendered = studio.shot(options.render)
        frames = asked_frames(options, plate)
        report = studio.measure(plate, rendered, frames, _progress(), options.character)
    print(json.dumps(report.to_json(), indent=1) if options.json else report.table())
    return 0


def _presets(options: argparse.Namespace) -> int:
    with _studio(options) as studio:
        presets = studio.presets()
    if options.json:
        rows = [
            {
                "name": p.name,
                "title": p.recipe.title,
                "note": p.recipe.note,
                "ready": not p.missing,
                "missing": p.missing,
            }
            for p in presets
        ]
        print(json.dumps(rows, indent=1))
        return 0
    for preset in presets:
        print(f"{preset.name:22} {'ready' if not preset.missing else 'not ready':10} {preset.recipe.note}")
        for reason in preset.missing:
            print(f"{'':33} {reason}")
    return 0


def _stop_on_interrupt() -> Event:
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    return stop


def _say(step: Step) -> None:
    reused = f", {step.reused} of them finished before" if step.reused else ""
    print(f"{step.stage}: {step.done} of {step.total} frames{reused}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
