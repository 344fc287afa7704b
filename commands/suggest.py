"""The command `python cli.py preview SHOT --suggest`: try a handful of strengths on a second, choose, and keep it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from commands.asked import asked_frames, asked_shot

if TYPE_CHECKING:
    from pipeline.progress import Step
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""
PICTURE = "suggestion.png"
"""The file in the command's folder that shows the curves."""


def add_options(preview: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `preview`."""
    preview.add_argument("--suggest", action="store_true", help="try a handful of strengths on a second and choose")
    preview.add_argument("--frames", help="with --suggest: FIRST-LAST, where that second lies")
    preview.add_argument(
        "--save", type=Path, metavar="PRESET", help="with --suggest: write the recipe, ending in .toml"
    )


def run(options: argparse.Namespace, open_studio: Open, stop: Event) -> int:
    """Print the table, write the curves, keep the recipe where asked. Returns 0. Raises PhotoplayError."""
    from pipeline.progress import Progress
    from pipeline.render import Order
    from verbs.suggestions import check_preset

    if options.save is not None:
        check_preset(options.save)
    with open_studio(options) as studio:
        recipe = studio.recipe(options.preset, options.set)
        shot = asked_shot(studio, options)
        frames = asked_frames(options, shot)
        found = studio.suggest(Order(shot, recipe, frames, options.out), Progress(_say, stop))
    picture = options.out / PICTURE
    found.keep_picture(picture)
    if options.save is not None:
        found.save(options.save)
    if options.json:
        saved = None if options.save is None else str(options.save)
        print(json.dumps({**found.to_json(), "picture": str(picture), "preset": saved}, indent=1))
        return 0
    print(
        f"{found.table()}\n\nTried on frames {found.frames.first}-{found.frames.last}, measured along {found.motion}."
    )
    print("\n".join(f"  --set {setting}" for setting in found.changes()))
    print(f"The curves: {picture}")
    if options.save is not None:
        print(f"The preset: {options.save}")
    return 0


def _say(step: Step) -> None:
    print(f"{step.stage}: {step.done} of {step.total}", file=sys.stderr, flush=True)
