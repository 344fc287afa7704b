"""The commands `difference`, `recomposite` and `retime`: mattes and movies without a model."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.compared import View
    from pipeline.progress import Progress
    from pipeline.recomposite import LayerEdit

HINT = "Write PASS,opacity=0.8,erode=2,feather=4,match=1."
"""How a layer is written."""


def add_commands(commands: argparse._SubParsersAction, progress: Callable[[], Progress]) -> None:
    """Add the three commands. progress: how far they are is told there."""
    add = commands.add_parser("difference", help="a matte of where two views of a shot differ")
    add_difference(add)
    add.set_defaults(run=lambda options: difference(options, progress()))
    add = commands.add_parser("recomposite", help="put a version together anew from its layers, without a model")
    add_recomposite(add)
    add.set_defaults(run=lambda options: recomposite(options, progress()))
    add = commands.add_parser("retime", help="a clip at another rate or speed, to be rendered from")
    add_retime(add)
    add.set_defaults(run=lambda options: retime(options, progress()))


def add_difference(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `difference`."""
    command.add_argument("plate", type=Path, help="the clip that was rendered")
    command.add_argument("one", help="plate, or VERSION for its result, or VERSION:PASS for a layer")
    command.add_argument("other", help="the same for the other side")
    command.add_argument("--out", type=Path, required=True, help="the folder for one PNG a frame")
    command.add_argument("--threshold", type=float, default=4.0, help="differences up to this are none (CIE Lab)")
    command.add_argument("--softness", type=float, default=8.0, help="above it, until a place counts as different")


def add_recomposite(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `recomposite`."""
    command.add_argument("plate", type=Path, help="the clip that was rendered")
    command.add_argument("version", type=Path, help="the folder of the render")
    command.add_argument("out", type=Path, help="the movie to write")
    command.add_argument(
        "--layer",
        action="append",
        required=True,
        metavar="PASS[,opacity=0.8][,erode=2][,feather=4][,match=1]",
        help="a layer and how it is laid over; from the bottom up",
    )


def add_retime(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `retime`."""
    command.add_argument("plate", type=Path, help="the clip")
    command.add_argument("out", type=Path, help="the clip to write, an mp4")
    command.add_argument("--rate", help="frames a second, for instance 60; the clip's own when left out")
    command.add_argument("--speed", type=float, default=1.0, help="0.5 is slow motion; the sound keeps its pitch")


def retime(options: argparse.Namespace, progress: Progress) -> int:
    """Write the clip at another rate or speed, to be rendered from. Returns the exit code."""
    from pydantic import ValidationError

    from pipeline.clip.probe import probe
    from pipeline.errors import RecipeError
    from pipeline.raised import write_raised
    from pipeline.recipe.final import Final

    try:
        final = Final(rate=options.rate, speed=options.speed)
    except ValidationError as error:
        fault = error.errors()[0]
        raise RecipeError(f"{fault['loc'][0]}: {fault['msg']} (it is {fault['input']!r}).") from error
    write_raised(probe(options.plate), final, options.out, progress)
    print(options.out)
    return 0


def difference(options: argparse.Namespace, progress: Progress) -> int:
    """Write the difference matte of two views. Returns the exit code."""
    from pipeline.clip.probe import probe
    from pipeline.errors import FootageError
    from pipeline.recomposite import Difference, frames_of, write_difference

    shot, views = probe(options.plate), (_view(options.one), _view(options.other))
    ranges = {frames_of(view.version, shot) for view in views if view.version is not None}
    if len(ranges) != 1:
        raise FootageError("The two sides do not hold the same frames.", "Give at least one version, or two of a kind.")
    how = Difference(options.threshold, options.softness)
    write_difference(options.out, views, shot, ranges.pop(), how, progress)
    print(options.out)
    return 0


def recomposite(options: argparse.Namespace, progress: Progress) -> int:
    """Write a movie of delivered layers. Returns the exit code."""
    from pipeline.clip.probe import probe
    from pipeline.recomposite import recomposite

    edits = [_edit(text) for text in options.layer]
    recomposite(options.version, probe(options.plate), edits, options.out, progress)
    print(options.out)
    return 0


def _view(text: str) -> View:
    from pipeline.compared import PLATE, View

    if text == "plate":
        return PLATE
    folder, colon, name = text.rpartition(":")
    return View("layer", Path(folder), name) if colon else View("result", Path(text))


def _edit(text: str) -> LayerEdit:
    from pipeline.errors import RecipeError
    from pipeline.recomposite import LayerEdit

    name, *settings = text.split(",")
    values = {key: value for key, _, value in (setting.partition("=") for setting in settings)}
    unknown = values.keys() - {"opacity", "erode", "feather", "match"}
    try:
        feather = float(values["feather"]) if "feather" in values else None
        opacity, match = float(values.get("opacity", 1)), float(values.get("match", 0))
        made = LayerEdit(name, opacity, int(values.get("erode", 0)), feather, match)
    except ValueError as error:
        raise RecipeError(f"{text!r} is not a layer.", HINT) from error
    if unknown:
        raise RecipeError(f"{text!r} is not a layer.", HINT)
    return made
