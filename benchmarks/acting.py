"""What of the acting is kept: the dual-pass render against one pass at 0.65 over everything, on both sample shots,
or in folders with plate.mp4.

    python benchmarks/acting.py [SHOT ...] [--preset draft] [--frames 0-47] [--home DIR]

Prints for each shot and recipe the share of faces found, the correlation of each moving curve in parts of its ceiling,
its gain, and what flicker was added; the same as JSON with --json FILE. Rendered frames are kept in HOME, so that a
second run measures without rendering.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SHOTS = [ROOT / "samples" / name for name in ("interview", "stairwell")]
RECIPES = {
    "dual pass": (),
    "one pass at 0.65": ("passes.face.enabled=false", "passes.body.denoising_strength=0.65"),
}


def figures(report: dict[str, Any]) -> dict[str, float | None]:
    """The figures of one report that say whether the acting was kept."""
    found: dict[str, float | None] = {"faces_found": report["faces_found"]["value"]}
    for name, curve in report["expression"].items():
        timing = curve["timing"]
        moves = timing["value"] is not None and timing["ceiling"]
        found[f"{name}_of_ceiling"] = timing["value"] / timing["ceiling"] if moves else None
        found[f"{name}_gain"] = curve["strength"]["value"]
    found["expression_kept"] = report["expression_kept"]["value"]
    found["flicker_added"] = report["flicker"]["whole frame"]["added"]["value"]
    return found


def main() -> int:
    """Render and measure every shot with every recipe; print one table a shot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shots", type=Path, nargs="*", default=SHOTS)
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--frames")
    parser.add_argument("--home", type=Path, default=ROOT / "workspace")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    from pipeline.frames import FrameRange
    from pipeline.progress import Progress
    from pipeline.render import Order
    from studio import Studio

    results: dict[str, dict[str, dict[str, float | None]]] = {}
    with Studio(options.home) as studio, tempfile.TemporaryDirectory() as folder:
        for place in options.shots:
            shot, name = studio.shot(place / "plate.mp4"), place.name
            frames = FrameRange.parse(options.frames) if options.frames else shot.frames
            for label, changes in RECIPES.items():
                recipe = studio.recipe(options.preset, [*options.set, *changes])
                done = studio.render(Order(shot, recipe, frames, Path(folder) / name / label), Progress())
                results.setdefault(name, {})[label] = figures(done.report.to_json())
    for name, by_recipe in results.items():
        print(f"\n{name:24}" + "".join(f"{label:>20}" for label in by_recipe))
        for figure in next(iter(by_recipe.values())):
            values = (row[figure] for row in by_recipe.values())
            print(f"{figure:24}" + "".join(f"{'does not move' if v is None else f'{v:.3f}':>20}" for v in values))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
