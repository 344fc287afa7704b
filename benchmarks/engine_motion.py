"""Exact motion vectors against estimated flow on the sample shots.

    python benchmarks/engine_motion.py AOV_FOLDER...        # each beside its shot's name: .../interview/aov

For each frame that has vectors the frame before is warped to it, by the vectors and by DIS optical flow, and compared
over the pixels that move and are to be seen in both. The distance between the two flows is the estimate's error as far
as the vectors are exact.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.clip.attach import with_passes  # noqa: E402
from pipeline.clip.probe import probe  # noqa: E402
from pipeline.clip.read import read_frame  # noqa: E402
from pipeline.clip.rendered_motion import RenderedMotion, motion_of  # noqa: E402
from pipeline.frames import Picture  # noqa: E402
from pipeline.motion.flow import estimate, warp  # noqa: E402
from pipeline.recipe.footage import Footage  # noqa: E402

MOVES = 0.25
"""Pixels; what moves less is not compared."""


def psnr(made: NDArray[np.float32], wanted: Picture, where: NDArray[np.bool_]) -> float:
    """Peak signal to noise ratio over some pixels, in dB."""
    return float(10 * np.log10(255**2 / np.mean((made - wanted)[where] ** 2)))


def compared(motion: RenderedMotion, number: int) -> tuple[float, float, float, float] | None:
    """Mean and 95th percentile of the distance between the flows in pixels, and both warp errors in dB."""
    exact = motion.flow(number, number - 1)
    if exact is None:
        return None
    here, before = motion.picture(number), motion.picture(number - 1)
    seen = exact.seen & (np.abs(exact.vectors).max(axis=-1) > MOVES)
    guess = estimate(here, before, number, number - 1)
    apart = np.hypot(*np.moveaxis(exact.vectors - guess.vectors, -1, 0))[seen]
    warped = [warp(before.astype(np.float32), flow)[0] for flow in (exact, guess)]
    errors = [psnr(made, here, seen) for made in warped]
    return float(apart.mean()), float(np.percentile(apart, 95)), errors[0], errors[1]


def main() -> None:
    """Print a table for each shot."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, nargs="+", help="the folder with the passes of a sample shot")
    for folder in options.parse_args().folder:
        name = folder.parent.name
        plate = probe(ROOT / "samples" / name / "plate.mp4", Footage(first_number=0, missing="black"))
        shot = with_passes(plate, folder)
        motion = motion_of(shot, lambda number, shot=shot: read_frame(shot, number).pixels)
        print(f"{name}: {motion.verdict.convention.words}")
        rows = {number: compared(motion, number) for number in motion.rendered.get("motion").files.files if number}
        known = {number: row for number, row in rows.items() if row is not None}
        for number, row in known.items():
            print(f"{number:5d}  {row[0]:.2f} px  {row[1]:.2f} px  exact {row[2]:.2f} dB  DIS {row[3]:.2f} dB")
        mean = np.mean(list(known.values()), axis=0)
        print(f" mean  {mean[0]:.2f} px  {mean[1]:.2f} px  exact {mean[2]:.2f} dB  DIS {mean[3]:.2f} dB\n")


if __name__ == "__main__":
    main()
