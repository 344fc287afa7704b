"""What each preset looks like and what it keeps: its card in the app.

    python benchmarks/looks.py [--frames 40-63] [--home DIR] [PRESET ...]

Renders the sample shot with every preset whose models are here, measures it, and writes a picture and the figures
beside the preset: `presets/NAME.png` and `presets/NAME.json`. A preset that cannot be rendered here keeps what it has.
Rendered frames are kept in HOME, so that a second run renders nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from pipeline.frames import FrameRange, Picture
    from pipeline.measure.report import Report
    from pipeline.recipe.recipe import Recipe
    from studio import Studio

SAMPLE = ROOT / "samples" / "interview" / "plate.mp4"
SHOWN = 44
"""Frame of the sample on the card: the face is large and speaks."""
WIDTH = 240
"""Pixels of a card's picture."""


def card(studio: Studio, recipe: Recipe, frames: FrameRange) -> tuple[Picture, dict[str, Any]]:
    """The picture of a preset, and its figures."""
    from pipeline.progress import Progress, Step
    from pipeline.render import Order

    def told(step: Step) -> None:
        print(f"{recipe.title}: {step.stage} {step.done} of {step.total}", file=sys.stderr)

    shot = studio.shot(SAMPLE)
    with tempfile.TemporaryDirectory(prefix="photoplay-look-") as folder:
        made = studio.render(Order(shot, recipe, frames, Path(folder) / "v001"), Progress(told))
        picture = studio.frame(studio.shot(made.out.render), SHOWN - frames.first)
    return picture, figures(made.report, frames)


def figures(report: Report, frames: FrameRange) -> dict[str, Any]:
    """The figures of a card, and of which frames they are."""
    told = report.to_json()
    return {
        "shot": SAMPLE.parent.name,
        "frames": [frames.first, frames.last],
        "expression_kept": _two(told["expression_kept"]["value"]),
        "flicker_ratio": _two(told["flicker"]["whole frame"]["ratio"]["value"]),
        "detail": _two(told["detail"]["whole frame"]["figure"]["value"]),
    }


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def main() -> int:
    """Make the cards. Returns 0."""
    from pipeline.clip.still import encode_png
    from pipeline.frames import FrameRange
    from studio import HOME, Studio

    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("presets", nargs="*", metavar="PRESET")
    top.add_argument("--frames", default="40-63", metavar="FIRST-LAST")
    top.add_argument("--home", type=Path, default=HOME)
    options = top.parse_args()
    frames = FrameRange(*(int(number) for number in options.frames.split("-")))
    with Studio(options.home) as studio:
        for preset in studio.presets():
            if preset.missing or (options.presets and preset.name not in options.presets):
                continue
            picture, told = card(studio, preset.recipe, frames)
            place = ROOT / "presets" / preset.name
            place.with_suffix(".png").write_bytes(encode_png(reduced(picture)))
            place.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            print(f"{preset.name}: {told}", flush=True)
    return 0


def reduced(picture: Picture) -> Picture:
    """The picture at the size of a card."""
    import cv2
    import numpy as np

    height = round(picture.shape[0] * WIDTH / picture.shape[1])
    return cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
