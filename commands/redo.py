"""The command `python cli.py redo PLATE VERSION`: render a stretch of a version anew, and lay it into the whole."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from commands.asked import asked_shot
from commands.passes import add_footage
from commands.told import tell_rendered

if TYPE_CHECKING:
    from pipeline.progress import Progress
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]


def add_command(commands: argparse._SubParsersAction, open_studio: Open, progress: Callable[[], Progress]) -> None:
    """Add the command `redo`. progress: how far it is is told there."""
    command = commands.add_parser("redo", help="render a stretch of a version anew and lay it into the whole")
    add_footage(command)
    command.set_defaults(run=lambda options: run(options, open_studio, progress()))
    command.add_argument("shot", type=Path, help="the clip that was rendered")
    command.add_argument("version", type=Path, help="the folder of the render")
    command.add_argument("--frames", required=True, help="FIRST-LAST: the stretch that is rendered again")
    command.add_argument("--out", type=Path, required=True, help="folder the new version is written to")
    command.add_argument("--passes", type=Path, help="folder with the engine's depth, normals, motion and mattes")
    command.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="change one setting")


def run(options: argparse.Namespace, open_studio: Open, progress: Progress) -> int:
    """Render the stretch with the version's own recipe and what is changed, and deliver the whole. Returns 0.

    Raises PhotoplayError.
    """
    from pipeline.frames import FrameRange
    from pipeline.recipe.load import changed, parse_recipe
    from pipeline.render import Order
    from pipeline.version import Patch, version_in

    base, stretch = version_in(options.version), FrameRange.parse(options.frames)
    recipe = changed(parse_recipe(base.recipe_at(stretch.first), options.version.name), options.set)
    with open_studio(options) as studio:
        shot = asked_shot(studio, options)
        patch = Patch(options.version, stretch)
        done = studio.render(Order(shot, recipe, FrameRange(*base.frames), options.out, patch), progress)
    tell_rendered(done, options.json)
    return 0
