"""The command `python cli.py cuts SHOT`: where a clip begins a new set-up, and what was set by hand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from commands.passes import add_footage

if TYPE_CHECKING:
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_options(cuts: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `cuts`."""
    cuts.add_argument("shot", type=Path, help="the clip, or a picture of a numbered sequence")
    add_footage(cuts)


def run(options: argparse.Namespace, open_studio: Open) -> int:
    """Print the set-ups of a shot, each with how its cut came about. Returns the exit code."""
    from pipeline.recipe.footage import footage_with

    with open_studio(options) as studio:
        found, setups = studio.sights.cuts(studio.shot(options.shot, footage_with(options.footage)))
    starts = [setup.first for setup in setups[1:]]
    if options.json:
        print(json.dumps({"cuts": starts, "found": list(found)}, indent=1))
        return 0
    for setup in setups:
        by_hand = setup.first in starts and setup.first not in found
        print(f"{setup.first:6}-{setup.last:<6} {'cut set by hand' if by_hand else ''}".rstrip())
    for frame in sorted(set(found) - set(starts)):
        print(f"{frame:6}        a cut was found here and removed by hand")
    return 0
