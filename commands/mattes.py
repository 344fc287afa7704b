"""The command `python cli.py matte PLATE PICTURE`: keep a painted matte with its shot and say how a pass calls it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the command `matte`."""
    command = commands.add_parser("matte", help="keep a painted matte with its shot, for a pass over it")
    command.set_defaults(run=run)
    command.add_argument("plate", type=Path, help="the clip")
    command.add_argument("picture", type=Path, help="the matte as a picture: its transparency, or white on black")
    command.add_argument("--frame", type=int, required=True, help="the frame that it was painted on")
    command.add_argument("--frames", help="the frames that it is carried to, FIRST-LAST; its own alone when left out")
    command.add_argument(
        "--mode", choices=("add", "remove"), help="correct the matte of a pass by it, instead of a region of its own"
    )


def run(options: argparse.Namespace) -> int:
    """Keep the matte in `painted` beside the plate and print the region, or the correction. Returns the exit code."""
    from pipeline.clip.painted import keep_painted, read_picture_matte
    from pipeline.clip.probe import probe
    from pipeline.errors import FootageError
    from pipeline.frames import FrameRange
    from pipeline.recipe.regions import Correction, Painted

    frames = FrameRange.parse(options.frames or str(options.frame))
    if options.frame not in frames:
        raise FootageError(f"Frame {options.frame} does not lie in {options.frames}.", "Give frames with it in them.")
    matte = keep_painted(probe(options.plate), read_picture_matte(options.picture))
    carried = {"matte": matte, "frame": options.frame, "first": frames.first, "last": frames.last}
    kept = Correction(**carried, mode=options.mode) if options.mode else Painted(**carried)
    told = "\n".join(f"{name} = {json.dumps(value)}" for name, value in kept.model_dump(mode="json").items())
    place = "[[passes.corrections]]" if options.mode else "[passes.region]"
    print(json.dumps(kept.model_dump(mode="json")) if options.json else f"{place}\n{told}")
    return 0
