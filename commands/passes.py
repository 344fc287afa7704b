"""The command `python cli.py passes FOLDER`: what of an engine's render is recognised, and what its vectors mean."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.clip.shot import Shot
    from studio import Studio

Open = Callable[[argparse.Namespace], "Studio"]
"""Opens the studio of the home that the options name."""


def add_options(passes: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `passes`."""
    passes.add_argument("folder", type=Path, help="the folder that the engine wrote into")
    passes.add_argument("--plate", type=Path, help="the clip they belong to: lays them over it and tests the vectors")
    add_footage(passes)


def add_footage(command: argparse.ArgumentParser) -> None:
    """Add the option for what the files do not say."""
    command.add_argument(
        "--footage", action="append", default=[], metavar="SETTING=VALUE", help="how the files are read: missing=hold"
    )


def run(options: argparse.Namespace, open_studio: Open) -> int:
    """Print what was recognised and what was not. Returns the exit code."""
    from pipeline.clip.engine_passes import find_passes
    from pipeline.recipe.footage import footage_with

    passes, footage = find_passes(options.folder), footage_with(options.footage)
    found: dict[str, Any] = {
        "recognised": [{"kind": each.kind, "files": each.label} for each in passes.found],
        "not_used": list(passes.unrecognised),
    }
    text = [passes.table()]
    if options.plate is not None:
        with open_studio(options) as studio:
            shot = studio.shot(options.plate, footage, options.folder)
        found["notes"], found["regions"] = list(shot.notes), _regions(shot)
        text += ["", *shot.notes, f"Regions: {', '.join(found['regions']) or 'none'}."]
        if any(each.kind == "motion" for each in passes.found):
            table, notes = _meaning(shot)
            found["motion"], found["notes"] = table.splitlines(), [*found["notes"], *notes]
            text += ["", table, "", *notes]
    print(json.dumps(found, indent=1) if options.json else "\n".join(text))
    return 0


def _regions(shot: Shot) -> list[str]:
    from pipeline.clip.objects import regions_of

    return [] if shot.rendered is None else [region.name for region in regions_of(shot.rendered)]


def _meaning(shot: Shot) -> tuple[str, tuple[str, ...]]:
    """The table of all meanings that were tried, and notes."""
    from pipeline.clip.read import read_frame
    from pipeline.clip.rendered_motion import motion_of

    verdict = motion_of(shot, lambda number: read_frame(shot, number).pixels).verdict
    return verdict.table(), verdict.notes
