"""The command `python cli.py matte PLATE PICTURE`: keep a painted matte with its shot and say how a pass calls it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `matte`."""
    command.add_argument("plate", type=Path, help="the clip")
    command.add_argument("picture", type=Path, help="the matte as a picture: its transparency, or white on black")
    command.add_argument("--frame", type=int, required=True, help="the frame that it was painted on")
    command.add_argument("--frames", help="the frames that it is carried to, FIRST-LAST; its own alone when left out")


def run(options: argparse.Namespace) -> int:
    """Keep the matte in `painted` beside the plate and print the region. Returns the exit code."""
    from pipeline.clip.painted import keep_painted, read_picture_matte
    from pipeline.clip.probe import probe
    from pipeline.errors import FootageError
    from pipeline.frames import FrameRange
    from pipeline.recipe.regions import Painted

    frames = FrameRange.parse(options.frames or str(options.frame))
    if options.frame not in frames:
        raise FootageError(f"Frame {options.frame} does not lie in {options.frames}.", "Give frames with it in them.")
    matte = keep_painted(probe(options.plate), read_picture_matte(options.picture))
    region = Painted(matte=matte, frame=options.frame, first=frames.first, last=frames.last).model_dump(mode="json")
    told = "\n".join(f"{name} = {json.dumps(value)}" for name, value in region.items())
    print(json.dumps(region) if options.json else f"[passes.region]\n{told}")
    return 0
