"""Synthetic flicker of known size on a sample shot, and what the measure says of it.

    python benchmarks/flicker.py [--frames 20-27] [--shot interview]

Prints for each kind of flicker and each region the true level (root mean square change from frame to frame, in levels
of 255, after the low-pass) beside the measured one, and how far they are apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.frames import Box, FrameRange, Mask, Picture  # noqa: E402

Change = Callable[[int, Picture], Picture]


def kinds(size: Sequence[int], regions: dict[str, Mask]) -> dict[str, Change]:
    """The kinds of flicker: of all light, of a region's light, and patterns that boil."""
    noise = np.random.default_rng(9).standard_normal((2, *size, 3)).astype(np.float32)
    patterns = [cv2.GaussianBlur(one, (0, 0), 12) for one in noise]
    patterns = [3 * one / one.std() for one in patterns]

    def gain(frame: int, picture: Picture) -> Picture:
        return np.rint(picture * (1.03 if frame % 2 else 0.97)).astype(np.uint8)

    def boiling(frame: int, picture: Picture) -> Picture:
        return np.clip(np.rint(picture + patterns[frame % 2]), 0, 255).astype(np.uint8)

    def local(mask: Mask) -> Change:
        return lambda frame, picture: np.where(mask[..., None] > 0, gain(frame, picture), picture)

    return {"gain": gain, "boiling": boiling, **{f"gain, {name}": local(mask) for name, mask in regions.items()}}


def true_levels(plates: Sequence[Picture], renders: Sequence[Picture], regions: dict[str, Mask]) -> dict[str, float]:
    """The root mean square change of what was laid over the plates, by region."""
    from pipeline.measure.flicker import low_pass

    laid = [low_pass(render) - low_pass(plate) for plate, render in zip(plates, renders, strict=True)]
    changes = [np.square(after - before).mean(axis=2) for before, after in pairwise(laid)]
    return {name: float(np.sqrt(np.mean([one[mask > 0].mean() for one in changes]))) for name, mask in regions.items()}


def main() -> int:
    """Measure every kind of flicker and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", default="20-27")
    parser.add_argument("--shot", default="interview")
    options = parser.parse_args()

    from pipeline.clip.probe import probe
    from pipeline.clip.read import read_frames
    from pipeline.measure.flicker import FlickerMeter
    from pipeline.measure.motion import Motion
    from pipeline.measure.regions import parts_of
    from pipeline.measure.steadiness import region_flicker
    from pipeline.people.finder import FaceFinder
    from pipeline.people.silhouette import Silhouettes

    shot = probe(ROOT / "samples" / options.shot / "plate.mp4")
    frames = FrameRange.parse(options.frames)
    plates = [(frame.pixels * 0.85 + 10).astype(np.uint8) for frame in read_frames(shot, frames)]
    with FaceFinder() as finder, Silhouettes() as silhouettes:
        faces: list[Box] = [face.box for face in finder.find(plates[0], 30)]
        regions = parts_of(silhouettes.find(plates[0]), faces)
    print(f"{'flicker':20}{'region':>12}{'true':>8}{'measured':>10}{'off':>8}")
    for kind, change in kinds(plates[0].shape[:2], regions).items():
        renders = [change(number, plate) for number, plate in enumerate(plates)]
        meter, motion = FlickerMeter(), Motion()
        steps = [
            meter.step((plate, render, plate), motion.step(plate, cut=False), regions)
            for plate, render in zip(plates, renders, strict=True)
        ]
        for region, true in true_levels(plates, renders, regions).items():
            if true > 1:
                found = region_flicker(region, steps).added.value or 0.0
                print(f"{kind:20}{region:>12}{true:8.2f}{found:10.2f}{found / true - 1:8.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
